/** Click to select: points and boxes go to the server, what they select is shown, Enter takes it into the mask. */
import { Mask, combine } from "./geometry/mask.js";
import { decodeMaskPng } from "./geometry/png.js";
import { shortened } from "./messages.js";
import { say } from "./words.js";

/** @typedef {import("./tools.js").Touch} Touch */
/** @typedef {import("./geometry/box.js").Point} Point */
/** @typedef {import("./geometry/box.js").Box} Box */

const DRAGGED = 6; // CSS pixels from which on a click is a box

export class Selection {
  /** @type {(Point & {belongs: boolean})[]} */ #points = [];
  /** @type {Box | null} */ #box = null;
  /** @type {Mask | null} */ #found = null;
  /** @type {Touch | null} */ #from = null;
  /** @type {import("./queue.js").Item | null} */ #item = null;

  /** @param {import("./tools.js").Desk} editor @param {(found: Mask) => void} taken */
  constructor(editor, taken) {
    this.editor = editor;
    this.taken = taken;
  }

  get isOpen() {
    return this.#points.length > 0 || this.#box !== null;
  }

  /** @param {Touch} at */
  down(at) {
    this.#from = at;
  }

  /** @param {Touch[]} touches */
  move(touches) {
    const [from, at] = [this.#from, touches[touches.length - 1]];
    if (!from || !at || Math.hypot(at.x - from.x, at.y - from.y) * this.editor.view.scale < DRAGGED) return;
    this.#box = {
      x: Math.round(Math.min(from.x, at.x)),
      y: Math.round(Math.min(from.y, at.y)),
      width: Math.max(1, Math.round(Math.abs(at.x - from.x))),
      height: Math.max(1, Math.round(Math.abs(at.y - from.y))),
    };
    this.#show();
  }

  up() {
    const { editor } = this;
    const from = this.#from;
    this.#from = null;
    if (!from || !editor.mask) return;
    const inside = from.x >= 0 && from.y >= 0 && from.x < editor.mask.width && from.y < editor.mask.height;
    const dragged = this.#box && editor.draft.box === this.#box && this.#asked !== this.#box;
    if (!dragged && inside) this.#points = [...this.#points, { x: from.x, y: from.y, belongs: !(from.shift || from.alt || from.eraser) }];
    this.#asked = this.#box;
    if (this.isOpen) this.#ask();
  }

  /** @type {Box | null} */ #asked = null;

  cancel() {
    if (this.#item) this.editor.queue.cancel(this.#item);
    this.#points = [];
    this.#box = this.#found = this.#from = this.#item = this.#asked = null;
    this.editor.preview = null;
    this.editor.draft = {};
    this.editor.touched();
    this.editor.tell("overlay");
  }

  /** Take back the newest click, or the box where there is none. */
  back() {
    if (this.#points.length) this.#points = this.#points.slice(0, -1);
    else this.#box = this.#asked = null;
    if (this.isOpen) this.#ask();
    else this.cancel();
  }

  /** Take what is selected into the mask. */
  accept() {
    const found = this.#found;
    this.cancel();
    if (found) this.taken(found);
  }

  #ask() {
    const { editor } = this;
    /** @param {boolean} belongs */
    const places = (belongs) => this.#points.filter((point) => point.belongs === belongs).map(({ x, y }) => [Math.floor(x), Math.floor(y)]);
    const boxes = this.#box ? [[this.#box.x, this.#box.y, this.#box.width, this.#box.height]] : [];
    if (this.#item) editor.queue.cancel(this.#item);
    this.#show();
    this.#item = editor.queue.add({
      edit: "select",
      title: say("step.select"),
      options: { points: places(true), exclude: places(false), boxes },
      runs: null,
      photo: () => editor.version(),
      done: async ({ masks, report }) => this.#arrived(masks, report.notes.join(" ")),
      undone: (reason) => reason && editor.announce(shortened(reason), true),
    });
  }

  /** @param {string[]} masks @param {string} note */
  async #arrived(masks, note) {
    const { editor } = this;
    if (!masks[0] || !editor.mask || !this.isOpen) return;
    const file = await editor.api.blob(masks[0]);
    this.#found = await decodeMaskPng(new Uint8Array(await file.arrayBuffer()));
    if (this.#found.width !== editor.mask.width || this.#found.height !== editor.mask.height) return this.cancel();
    editor.preview = editor.mask.copy();
    combine(editor.preview, this.#found, editor.how);
    editor.touched();
    editor.announce(`${say("said.selected", { percent: (100 * this.#found.area()) / this.#found.data.length })} ${note}`);
  }

  #show() {
    this.editor.draft = { box: this.#box ?? undefined, points: this.#points };
    this.editor.tell("overlay");
  }
}
