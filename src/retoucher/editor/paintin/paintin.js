/** Painting in: an object lies on the photo, is moved until it fits and trimmed where it needs it; `painting.js` makes it part of the photo. */
import { within } from "../geometry/box.js";
import { corners, fitted, flipped, handles, matrix, moved } from "../geometry/placing.js";
import { decodeRuns } from "../geometry/runs.js";
import { visible } from "../geometry/view.js";
import { shortened } from "../messages.js";
import { Rectangle } from "../tools.js";
import { say } from "../words.js";
import { Mover } from "./mover.js";
import { Objects, isOpaque } from "./objects.js";
import { Painting } from "./painting.js";
import { Trimming } from "./trimming.js";

/** @typedef {import("../geometry/placing.js").Place} Place */
/** @typedef {import("../state/document.js").Placed} Placed */
/** @typedef {import("../state/document.js").State} State */
/** @typedef {import("../geometry/box.js").Box} Box */
/** @typedef {import("../words.js").Word} Word */

const ARROWS = /** @type {Record<string, [number, number]>} */ ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] });
const FAST = 10; // times as far with Shift
const TOGETHER = 800; // milliseconds within which the same small change, made again, is one step
const LEAST = 8; // pixels each way of a part from which strokes can be taken

export class PaintIn {
  /** @type {Place | null} */ live = null; // where the object is while it is dragged
  choosing = false; // whether the next drag on the photo marks the part whose strokes are taken
  /** @type {import("./objects.js").Item | null} */ #object = null;
  /** @type {Placed["trim"] | undefined} */ #kept; // what of it is seen; undefined: something else, while it is trimmed
  #pressed = false; // whether a tool is trimming it now
  #aims = false; // whether the pointer is over the photo
  /** @type {Set<string>} */ #asTheyAre = new Set(); // objects without an outline of their own that are wanted so
  /** @type {{state: State, name: Word, time: number} | null} */ #last = null;
  /** @type {import("../workplace.js").ToolName | null} */ #before = null; // the tool of the mode before
  #area;

  /** @param {import("../app.js").App} app */
  constructor(app) {
    this.app = app;
    this.editor = app.editor;
    this.objects = new Objects(app.api, () => app.editor.store, app.session);
    this.mover = new Mover(this);
    this.trimming = new Trimming(this);
    this.painting = new Painting(this);
    this.#area = new Rectangle(this.editor, (box) => this.like(box));
    const { editor } = this;
    editor.on(["photo", "history"], () => this.#changed());
    editor.on("mode", () => this.#entered());
    editor.on(["view", "compare", "placed"], () => this.#outline());
    editor.on("tool", () => this.show());
  }

  /** The object as the history has it. */
  get placed() {
    return this.editor.history?.now.placed ?? null;
  }

  /** What it came to, shown but not applied. */
  get painted() {
    return this.editor.history?.now.painted ?? null;
  }

  /** Whether objects are what tools and keys work on. */
  get isHere() {
    return this.editor.mode === "paint-in" && this.editor.picture !== null;
  }

  /** Whether the object's picture is there, and is this one. */
  get isReady() {
    return this.#object !== null && this.#object.name === this.placed?.object;
  }

  /** Whether the object has no outline yet: a whole picture, of which the person has not said that it is wanted so. */
  get isUncut() {
    const { placed } = this;
    return Boolean(placed && this.#object && this.isReady && !placed.trim && isOpaque(this.#object) && !this.#asTheyAre.has(placed.object));
  }

  /** Whether it is being moved or trimmed, so that it is shown as it is and not as it would be painted. */
  get isPlain() {
    const isAimed = this.#aims && !this.painted && ["brush", "eraser"].includes(this.editor.tool); // its edge is wanted
    return this.live !== null || this.#pressed || isAimed || this.trimming.isOpen;
  }

  /** The tool in hand; undefined where objects are not what it works on, null where it only moves the view. */
  tool() {
    if (!this.isHere) return undefined;
    if (this.choosing) return this.#area;
    if (!this.isReady) return null;
    const { tools } = this.trimming;
    return this.editor.tool in tools ? tools[/** @type {keyof typeof tools} */ (this.editor.tool)] : this.mover;
  }

  /**
   * Lay an object on the photo, in place of the one that lies there.
   *
   * @param {{blob: Blob, name: string}} source
   */
  async add({ blob, name }) {
    const { editor, app } = this;
    const turn = editor.opened;
    editor.announce(say("said.opening", { name }));
    try {
      const object = await this.objects.add(blob);
      if (turn !== editor.opened || !editor.picture) return;
      const size = { width: object.cutout.width, height: object.cutout.height };
      const place = fitted(size, editor.picture, visible(editor.view, editor.picture, editor.screen) ?? undefined);
      this.#object = object;
      this.#kept = null;
      this.choosing = false;
      if (editor.compare !== "off") editor.compareBy("off");
      this.#step({ object: object.name, size, place, trim: null, strength: null, like: null }, "step.placed");
      app.take(isOpaque(object) ? "select" : "hand");
      editor.announce(say(isOpaque(object) ? "said.uncut" : "said.placed", { name }));
    } catch (error) {
      editor.announce(shortened(error), true);
    }
  }

  /** Show the object where it is dragged to; null: where it was. @param {Place | null} place */
  drag(place) {
    this.live = place;
    this.show();
  }

  /** The object lies somewhere else now. @param {Place} place @param {Word} name @param {boolean} [together] whether it goes on with the same small change */
  put(place, name, together = false) {
    this.change({ place }, name, together);
    this.editor.announce(say("said.at", { x: place.x, y: place.y, percent: 100 * place.scale, degrees: place.rotate }));
  }

  /** Something of the object is otherwise now. @param {Partial<Placed>} what @param {Word} name @param {boolean} [together] */
  change(what, name, together = false) {
    if (!this.placed) return;
    this.#step({ ...this.placed, ...what }, name, together);
    this.editor.announce(say(name));
  }

  flip() {
    if (this.isHere && this.placed) this.put(flipped(this.placed.place), "step.flipped");
  }

  remove() {
    if (!this.isHere || !this.placed) return;
    this.#step(null, "step.objectremoved");
    this.editor.announce(say("said.undoable", { step: say("step.objectremoved") }));
  }

  /** Take an object without an outline as it is. */
  accept() {
    if (this.placed) this.#asTheyAre.add(this.placed.object);
    this.app.take("hand");
    this.#changed();
  }

  /** Have the person drag over the part whose strokes are taken, or not any more. @param {boolean} on */
  choose(on) {
    this.choosing = on;
    this.editor.tell("tool");
    this.editor.tell("placed");
    if (on) this.editor.announce(say("how.like"));
  }

  /** Take the strokes from this part of the photo; null: from all of it. @param {Box | null} box @param {boolean} [together] */
  like(box, together = false) {
    const { picture } = this.editor;
    if (!picture) return;
    const part = box && within(box, picture.width, picture.height);
    if (box && (!part || part.width < LEAST || part.height < LEAST)) return this.editor.announce(say("said.smallpart"), true);
    this.choosing = false;
    this.change({ like: part }, part ? "step.like" : "step.likeall", together);
    this.editor.tell("tool");
  }

  /** Take a key of the object; false where it is none. @param {KeyboardEvent} event */
  press(event) {
    const arrow = ARROWS[event.key];
    const { placed } = this;
    if (!arrow || !this.isHere || !placed || this.editor.tool !== "hand" || event.ctrlKey || event.metaKey || event.altKey) return false;
    const by = event.shiftKey ? FAST : 1;
    this.put(moved(placed.place, { x: 0, y: 0 }, { x: by * arrow[0], y: by * arrow[1] }), "step.moved", true);
    return true;
  }

  /** Escape: what there is to be left. False where there is nothing. */
  escape() {
    if (!this.isHere || !(this.choosing || this.painting.showsMap)) return false;
    if (this.choosing) this.choose(false);
    else this.painting.showMap(false);
    return true;
  }

  /** The pointer is over the photo, or has left it. @param {boolean} on */
  aim(on) {
    if (on === this.#aims) return;
    this.#aims = on;
    if (this.isHere && this.placed) this.show();
  }

  /** While a tool trims the object, it is seen as it is. @param {boolean} on */
  plain(on) {
    this.#pressed = on;
    this.show();
  }

  /** What a mask keeps of the object, in a box or everywhere. @param {import("../geometry/mask.js").Mask} mask @param {Box | null} [box] @param {number} [rest] */
  showKept(mask, box, rest) {
    if (!this.#object || !this.isReady) return;
    this.#object.cutout.keep(mask, box, rest);
    this.#kept = undefined;
    this.show();
  }

  /** Lay over the photo what there is: the object as it is, a preview of it, or where its strokes come from. */
  show() {
    const { editor, placed, painting } = this;
    const { picture } = editor;
    void editor.bare(this.isPlain && placed !== null);
    const object = placed && this.isReady ? this.#object : null;
    const place = this.live ?? placed?.place;
    editor.over = [];
    if (object && place && picture) {
      const size = { width: object.cutout.width, height: object.cutout.height };
      const asItIs = { draw: (/** @type {CanvasRenderingContext2D} */ target) => object.cutout.draw(target, matrix(place, size), picture) };
      editor.over = this.isPlain ? [asItIs] : (painting.over ?? [asItIs]);
    }
    editor.tell("over");
    editor.tell("placed");
  }

  /** A new step with this object. @param {Placed | null} placed @param {Word} name @param {boolean} [together] */
  #step(placed, name, together = false) {
    const { editor } = this;
    if (!editor.history) return;
    const { now } = editor.history;
    const state = { ...now, placed, painted: null };
    const goesOn = together && this.#last?.state === now && this.#last.name === name && performance.now() - this.#last.time < TOGETHER;
    this.#last = together ? { state, name, time: performance.now() } : null;
    this.live = null;
    editor.taken = [];
    void editor.arrived(state, name, goesOn ? 0 : editor.queue.tick());
    this.#changed(); // at once: the picture may take a moment
  }

  /** Another step is shown. */
  #changed() {
    const { placed } = this;
    this.live = null;
    this.#pressed = false;
    if (placed && !this.isReady) void this.#load(placed.object);
    if (placed && this.#object && this.isReady && this.#kept !== placed.trim) {
      this.#object.cutout.keep(placed.trim && decodeRuns(placed.trim));
      this.#kept = placed.trim;
    }
    if (!placed) this.choosing = false;
    this.painting.follow();
    this.show();
  }

  /** @param {string} name */
  async #load(name) {
    try {
      const object = await this.objects.get(name);
      if (this.placed?.object !== name) return;
      this.#object = object;
      this.#kept = undefined;
      this.#changed();
    } catch (error) {
      this.editor.announce(shortened(error), true);
    }
  }

  /** In this mode the tool at first is the one that moves; the one before comes back with its mode. */
  #entered() {
    const { editor } = this;
    const isHere = editor.mode === "paint-in";
    if (isHere === (this.#before !== null)) return;
    const next = isHere ? "hand" : (this.#before ?? "brush");
    this.#before = isHere ? editor.tool : null;
    this.choosing = false;
    this.app.tool()?.cancel();
    editor.take(next);
    this.painting.follow();
    this.show();
  }

  /** The object's outline, with handles where it can be moved. */
  #outline() {
    const { editor, placed } = this;
    const place = this.live ?? placed?.place;
    editor.frame = null;
    if (this.isHere && placed && place && this.isReady) {
      const outline = corners(place, placed.size);
      const held = editor.tool === "hand" && !this.choosing ? handles(place, placed.size, editor.view.scale, editor.view.y) : null;
      const isSeen = !this.isPlain && this.painting.over !== null; // then it is what lies inside that is looked at
      editor.frame = { outline, handles: held, like: placed.like, faint: isSeen };
    }
    editor.tell("overlay");
  }
}
