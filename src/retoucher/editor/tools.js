/** What each tool does with a pointer on the photo. Points are in photo pixels; nothing here knows the page. */
import { Mask, combine, fillRectangle } from "./geometry/mask.js";
import { fillPolygon } from "./geometry/polygon.js";
import { bend, middle } from "./geometry/spline.js";
import { drawSegment } from "./geometry/stroke.js";

/** @typedef {import("./editor.js").Editor} Editor */
/** @typedef {import("./geometry/box.js").Point} Point */
/** @typedef {Point & {pressure: number, shift: boolean, alt: boolean, eraser: boolean, finger?: boolean}} Touch */
/** @typedef {import("./geometry/stroke.js").Sample} Sample */

/**
 * What a tool sees: the photo with its mask, or an object that is trimmed.
 *
 * @typedef {Pick<Editor, "mask" | "tool" | "how" | "view" | "draft" | "preview" | "queue" | "api" | "touched" | "restoreMask" | "tell" | "announce" | "version"> & Partial<Pick<Editor, "mirror">> & {settings: Pick<import("./settings.js").Settings, "get">}} Desk
 */

/**
 * A tool follows one press of a pointer from `down` over any number of `move` to `up`, or to `cancel`, which must leave
 * everything as it was. A press that it does not take moves the view.
 *
 * @typedef {{down(at: Touch): void, move(at: Touch[]): void, up(): void, cancel(): void, hover?(at: Touch): void, takes?(at: Touch): boolean, grip?(at: Touch): import("./geometry/placing.js").Grip | null}} Tool
 */

/** Brush and eraser: the mask is painted at once, and becomes a step when the pointer is lifted. @implements {Tool} */
export class Brush {
  /** @type {Sample[]} */ #last = [];
  /** @type {Sample | null} */ #end = null; // where the stroke before this one ended, for straight lines
  #value = /** @type {0 | 1} */ (1);
  /** @type {Mask | null} */ #shape = null; // what is painted, where it is to be intersected with the mask

  /** @param {Desk} editor @param {(name: "step.stroke" | "step.erase") => void} finished */
  constructor(editor, finished) {
    this.editor = editor;
    this.finished = finished;
  }

  /** @param {Touch} at */
  down(at) {
    const { editor } = this;
    if (!editor.mask) return;
    const erases = (editor.tool === "eraser") !== at.alt || at.eraser;
    this.#value = erases || editor.how === "subtract" ? 0 : 1;
    this.#shape = editor.how === "intersect" && !erases ? Mask.none(editor.mask.width, editor.mask.height) : null;
    if (this.#shape) this.#value = 1;
    const here = this.#sample(at);
    const from = at.shift && this.#end ? this.#end : here;
    this.#last = [here];
    this.#segment(from, here);
  }

  /** @param {Touch[]} touches */
  move(touches) {
    for (const at of touches) {
      const here = this.#sample(at);
      const [before, last] = this.#last;
      if (!last) {
        this.#last.push(here);
        continue;
      }
      let from = this.#drawn ?? middle(before, last);
      if (!this.#drawn) this.#segment(before, from);
      for (const next of bend(before, last, here)) {
        this.#segment(from, next);
        from = next;
      }
      this.#drawn = from;
      this.#last = [last, here];
    }
  }

  /** @type {Sample | null} */ #drawn = null; // the end of what is painted: half way to the last place

  up() {
    const { editor } = this;
    const end = this.#last.at(-1);
    if (end) this.#segment(this.#drawn ?? this.#last[0], end);
    if (end) this.#end = end;
    if (this.#shape && editor.mask) editor.touched(combine(editor.mask, this.#shape, "intersect"));
    this.#over();
    this.finished(this.#value && !this.#shape ? "step.stroke" : "step.erase");
  }

  cancel() {
    this.#over();
    this.editor.restoreMask();
  }

  #over() {
    this.#last = [];
    this.#drawn = this.#shape = null;
    this.editor.preview = null;
  }

  /** @param {Sample} from @param {Sample} to */
  #segment(from, to) {
    const { editor } = this;
    const target = this.#shape ?? editor.mask;
    if (!target) return;
    if (this.#shape) editor.preview = this.#shape;
    editor.touched(drawSegment(target, from, to, this.#value));
    const { mirror } = editor;
    if (mirror) editor.touched(drawSegment(target, mirror(from), mirror(to), this.#value));
  }

  /** @param {Touch} at @returns {Sample} */
  #sample(at) {
    const { settings } = this.editor;
    const share = settings.get("pressure") ? at.pressure : 1;
    return { x: at.x, y: at.y, radius: Math.max(0.5, (settings.get("brush") / 2) * share) };
  }
}

/** Two corners make a box. @implements {Tool} */
export class Rectangle {
  /** @type {Point | null} */ #from = null;

  /** @param {Desk} editor @param {(box: import("./geometry/box.js").Box) => void} finished */
  constructor(editor, finished) {
    this.editor = editor;
    this.finished = finished;
  }

  /** @param {Touch} at */
  down(at) {
    this.#from = at;
  }

  /** @param {Touch[]} touches */
  move(touches) {
    const at = touches[touches.length - 1];
    if (!this.#from || !at) return;
    const [left, top] = [Math.floor(Math.min(this.#from.x, at.x)), Math.floor(Math.min(this.#from.y, at.y))];
    const [right, bottom] = [Math.ceil(Math.max(this.#from.x, at.x)), Math.ceil(Math.max(this.#from.y, at.y))];
    this.editor.draft = { ...this.editor.draft, box: { x: left, y: top, width: right - left, height: bottom - top } };
    this.editor.tell("overlay");
  }

  up() {
    const { box } = this.editor.draft;
    this.cancel();
    if (box) this.finished(box);
  }

  cancel() {
    this.#from = null;
    this.editor.draft = { ...this.editor.draft, box: undefined };
    this.editor.tell("overlay");
  }
}

/** A free line that closes itself. @implements {Tool} */
export class Lasso {
  /** @type {Point[]} */ #path = [];

  /** @param {Desk} editor @param {(path: Point[]) => void} finished */
  constructor(editor, finished) {
    this.editor = editor;
    this.finished = finished;
  }

  /** @param {Touch} at */
  down(at) {
    this.#path = [at];
  }

  /** @param {Touch[]} touches */
  move(touches) {
    this.#path = [...this.#path, ...touches];
    this.editor.draft = { path: this.#path, closed: true };
    this.editor.tell("overlay");
  }

  up() {
    const path = this.#path;
    this.cancel();
    if (path.length > 2) this.finished(path);
  }

  cancel() {
    this.#path = [];
    this.editor.draft = {};
    this.editor.tell("overlay");
  }
}

/** Corner by corner; ends on the first corner, on a double click, or with Enter. @implements {Tool} */
export class Polygon {
  /** @type {Point[]} */ #corners = [];

  /** @param {Desk} editor @param {(path: Point[]) => void} finished */
  constructor(editor, finished) {
    this.editor = editor;
    this.finished = finished;
  }

  get isOpen() {
    return this.#corners.length > 0;
  }

  /** @param {Touch} at */
  down(at) {
    const near = 10 / this.editor.view.scale;
    const last = this.#corners.at(-1);
    const first = this.#corners[0];
    const ends = [first, last].some((corner) => corner && Math.hypot(at.x - corner.x, at.y - corner.y) < near);
    if (ends && this.#corners.length > 2) this.close();
    else if (!ends) this.#show((this.#corners = [...this.#corners, at]));
  }

  /** Take back the newest corner. */
  back() {
    this.#show((this.#corners = this.#corners.slice(0, -1)));
  }

  /** @param {Touch} at */
  hover(at) {
    if (this.isOpen) this.#show([...this.#corners, at]);
  }

  /** @param {Touch[]} touches */
  move(touches) {
    const at = touches[touches.length - 1];
    if (at) this.hover(at);
  }

  up() {}

  close() {
    const path = this.#corners;
    this.cancel();
    if (path.length > 2) this.finished(path);
  }

  cancel() {
    this.#corners = [];
    this.#show([]);
  }

  /** @param {Point[]} path */
  #show(path) {
    this.editor.draft = path.length ? { path, closed: path.length > 2 } : {};
    this.editor.tell("overlay");
  }
}

/**
 * The mask of a box or a path in a photo.
 *
 * @param {Mask} like
 * @param {import("./geometry/box.js").Box | Point[]} outline
 */
export function maskOf(like, outline) {
  const shape = Mask.none(like.width, like.height);
  if (Array.isArray(outline)) fillPolygon(shape, outline, 1);
  else fillRectangle(shape, outline, 1);
  return shape;
}
