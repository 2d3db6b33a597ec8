/** An object trimmed with the tools that mark photos: they see it as if it was a photo, and what is marked is what is kept. */
import { Mask, combine, invert } from "../geometry/mask.js";
import { toObject, toPainting } from "../geometry/placing.js";
import { decodeRuns, encodeRuns } from "../geometry/runs.js";
import { View } from "../geometry/view.js";
import { Selection } from "../selection.js";
import { Brush, Lasso, Polygon, Rectangle, maskOf } from "../tools.js";
import { say } from "../words.js";

/** @typedef {import("../geometry/box.js").Box} Box */
/** @typedef {import("../geometry/box.js").Point} Point */
/** @typedef {import("../tools.js").Desk} Desk */
/** @typedef {import("../tools.js").Tool} Tool */
/** @typedef {import("../tools.js").Touch} Touch */
/** @typedef {import("../words.js").Word} Word */

const FAINT = 0.3; // opacity of what would go

/** @implements {Desk} */
export class Trimming {
  /** @type {Mask | null} */ #mask = null; // 1 = kept; null until a tool is used
  /** @type {import("../state/document.js").Placed | null} */ #of = null; // whose trim #mask is
  /** @type {Mask | null} */ #preview = null;

  /** @param {import("./paintin.js").PaintIn} paintin */
  constructor(paintin) {
    this.paintin = paintin;
    const { editor } = paintin;
    this.api = editor.api;
    this.queue = editor.queue;
    const shaped = (/** @type {Word} */ name) => (/** @type {Mask | Box | Point[]} */ shape) => this.#shaped(shape, name);
    const brush = new Brush(this, (name) => this.#finish(name === "step.stroke" ? "step.restored" : "step.trimmed"));
    this.polygon = new Polygon(this, shaped("step.trimmed"));
    this.selection = new Selection(this, shaped("step.cutout"));
    this.tools = {
      brush: this.#mapped(brush),
      eraser: this.#mapped(brush),
      rectangle: this.#mapped(new Rectangle(this, shaped("step.trimmed"))),
      lasso: this.#mapped(new Lasso(this, shaped("step.trimmed"))),
      polygon: this.#mapped(this.polygon),
      select: this.#mapped(this.selection),
    };
  }

  get #placed() {
    return this.paintin.placed;
  }

  /** Whether something is being drawn or selected that is still to be taken. */
  get isOpen() {
    return this.polygon.isOpen || this.selection.isOpen;
  }

  /** What is kept of the object, to be painted on. */
  get mask() {
    const placed = this.#placed;
    if (!placed) return null;
    if (this.#of === placed && this.#mask) return this.#mask;
    this.#of = placed;
    this.#mask = placed.trim ? decodeRuns(placed.trim) : filled(placed.size);
    return this.#mask;
  }

  get tool() {
    return this.paintin.editor.tool;
  }

  /** Of an object of which nothing was trimmed yet, what is marked first is what is kept. */
  get how() {
    const { how } = this.paintin.editor;
    return how === "add" && !this.#placed?.trim ? "intersect" : how;
  }

  /** The brush is as wide on the screen as it is on the photo. */
  get settings() {
    const { settings } = this.paintin.editor;
    const scale = this.#placed?.place.scale ?? 1;
    const get = (/** @type {keyof import("../settings.js").Values} */ name) => (name === "brush" ? settings.get("brush") / scale : settings.get(name));
    return /** @type {Desk["settings"]} */ ({ get });
  }

  get view() {
    const { view } = this.paintin.editor;
    return new View(view.scale * (this.#placed?.place.scale ?? 1), 0, 0);
  }

  get preview() {
    return this.#preview;
  }

  set preview(mask) {
    this.#preview = mask;
    if (!mask) this.#show();
  }

  get draft() {
    return this.#draft;
  }

  /** Lines and points on the object are shown where it lies on the photo. @param {import("../stage.js").Draft} draft */
  set draft(draft) {
    this.#draft = draft;
    const placed = this.#placed;
    if (!placed) return;
    const at = (/** @type {Point} */ point) => toPainting(placed.place, placed.size, point);
    const { box, path, closed, points } = draft;
    const outline = box ? cornersOf(box) : path;
    const { reticle } = this.paintin.editor.draft;
    this.paintin.editor.draft = { path: outline?.map(at), closed: Boolean(box) || closed, points: points?.map((point) => ({ ...at(point), belongs: point.belongs })), reticle };
  }

  /** @type {import("../stage.js").Draft} */ #draft = {};

  /** @param {Box | null} [box] */
  touched(box) {
    if (box !== null) this.#show(box);
  }

  /** @param {import("../workplace.js").Topic} topic */
  tell(topic) {
    this.paintin.editor.tell(topic);
  }

  /** @param {string} text @param {boolean} [isError] */
  announce(text, isError) {
    this.paintin.editor.announce(text, isError);
  }

  restoreMask() {
    this.#of = null;
    this.#show();
  }

  /** The object on the server, where it is a photo of its own. */
  async version() {
    return this.#placed ? this.paintin.objects.id(this.#placed.object) : "";
  }

  /** Keep what was trimmed off and trim the rest. */
  invert() {
    if (!this.mask) return;
    invert(this.mask);
    this.#finish("step.invert");
  }

  /** Have all of the object again. */
  clear() {
    if (this.#placed?.trim) this.paintin.change({ trim: null }, "step.untrimmed");
  }

  /** @param {Mask | Box | Point[]} shape @param {Word} name */
  #shaped(shape, name) {
    if (!this.mask) return;
    combine(this.mask, shape instanceof Mask ? shape : maskOf(this.mask, shape), this.how);
    this.#finish(name);
  }

  /** What is kept now becomes a step; an object of which nothing is left stays as it was. @param {Word} name */
  #finish(name) {
    const { mask } = this;
    if (!mask) return;
    const kept = mask.area();
    if (!kept) {
      this.restoreMask();
      return this.announce(say("said.nothingleft"), true);
    }
    this.paintin.change({ trim: kept === mask.data.length ? null : encodeRuns(mask) }, name);
    if (name === "step.cutout") this.paintin.app.take("hand"); // now it is moved
    this.announce(say("said.trimmed", { step: say(name), percent: (100 * kept) / mask.data.length }));
  }

  /** @param {Box | null} [box] */
  #show(box) {
    const { mask } = this;
    if (mask && this.#preview) this.paintin.showKept(this.#preview, null, FAINT);
    else if (mask) this.paintin.showKept(mask, box);
  }

  /** A tool that is told of places on the photo as places on the object. @param {Tool} tool @returns {Tool} */
  #mapped(tool) {
    const on = (/** @type {Touch} */ at) => (this.#placed ? { ...at, ...toObject(this.#placed.place, this.#placed.size, at) } : at);
    return {
      down: (at) => {
        this.paintin.plain(true);
        tool.down(on(at));
      },
      move: (touches) => tool.move(touches.map(on)),
      up: () => {
        tool.up();
        this.paintin.plain(false);
      },
      cancel: () => {
        tool.cancel();
        this.paintin.plain(false);
      },
      hover: (at) => tool.hover?.(on(at)),
    };
  }
}

/** A mask that keeps all. @param {import("../geometry/box.js").Size} size */
function filled({ width, height }) {
  return new Mask(width, height, new Uint8Array(width * height).fill(1));
}

/** @param {Box} box @returns {Point[]} */
function cornersOf({ x, y, width, height }) {
  return [{ x, y }, { x: x + width, y }, { x: x + width, y: y + height }, { x, y: y + height }];
}
