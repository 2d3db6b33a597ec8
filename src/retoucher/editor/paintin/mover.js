/** The object by pointer: its body moves it, its corners scale it, the handle above it turns it. */
import { gripAt, moved, scaled, turned } from "../geometry/placing.js";

/** @typedef {import("../geometry/placing.js").Grip} Grip */
/** @typedef {import("../geometry/placing.js").Place} Place */
/** @typedef {import("../tools.js").Tool} Tool */
/** @typedef {import("../tools.js").Touch} Touch */

const STILL = 3; // CSS pixels that a press may move without moving anything

/** @type {Record<Grip, import("../words.js").Word>} */
const STEPS = { move: "step.moved", scale: "step.scaled", turn: "step.turned" };

/** @implements {Tool} */
export class Mover {
  /** @type {{at: Touch, grip: Grip, place: Place} | null} */ #from = null;

  /** @param {import("./paintin.js").PaintIn} paintin */
  constructor(paintin) {
    this.paintin = paintin;
  }

  /** What a press here would take hold of. @param {import("../geometry/box.js").Point} at @returns {Grip | null} */
  grip(at) {
    const { placed, editor } = this.paintin;
    if (!placed || editor.compare !== "off") return null;
    return gripAt(placed.place, placed.size, at, editor.view.scale, editor.view.y);
  }

  /** @param {Touch} at */
  takes(at) {
    return this.grip(at) !== null;
  }

  /** @param {Touch} at */
  down(at) {
    const grip = this.grip(at);
    const { placed } = this.paintin;
    this.#from = grip && placed && { at, grip, place: placed.place };
  }

  /** @param {Touch[]} touches */
  move(touches) {
    const to = touches[touches.length - 1];
    const { placed, editor, live } = this.paintin;
    if (!this.#from || !to || !placed || !editor.picture) return;
    const { at, grip, place } = this.#from;
    if (!live && Math.hypot(to.x - at.x, to.y - at.y) * editor.view.scale < STILL) return;
    if (grip === "move") this.paintin.drag(moved(place, at, to));
    else if (grip === "scale") this.paintin.drag(scaled(place, placed.size, editor.picture, at, to));
    else this.paintin.drag(turned(place, at, to, to.shift));
  }

  up() {
    const { live } = this.paintin;
    const from = this.#from;
    this.#from = null;
    if (from && live) this.paintin.put(live, STEPS[from.grip]);
  }

  cancel() {
    this.#from = null;
    this.paintin.drag(null);
  }
}
