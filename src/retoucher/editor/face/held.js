/** The tool in hand in Face mode: a press on a handle of the middle line moves that, any other is the tool's own. */
import { dragged, holdAt } from "../geometry/mirror.js";

/** @typedef {import("../tools.js").Tool} Tool */
/** @typedef {import("../tools.js").Touch} Touch */

const FINGER = 22; // CSS pixels around a handle that a finger may miss it by

/** @implements {Tool} */
export class Held {
  /** @type {Tool | null} */ #now = null; // what follows the press
  /** @type {{hold: import("../geometry/mirror.js").Hold, at: Touch, axis: import("../geometry/mirror.js").Axis} | null} */ #drag = null;
  /** @type {Tool | null} */ inner = null;

  /** @param {import("./face.js").Face} face */
  constructor(face) {
    this.face = face;
  }

  /** @param {Touch} at */
  #hold(at) {
    const { axis, editor } = this.face;
    return axis && editor.compare === "off" ? holdAt(axis, at, editor.view.scale, at.finger ? FINGER : undefined) : null;
  }

  /** @param {Touch} at */
  grip(at) {
    return this.#drag || this.#hold(at) ? /** @type {const} */ ("move") : null;
  }

  /** @param {Touch} at */
  takes(at) {
    return this.inner !== null || this.#hold(at) !== null;
  }

  /** @param {Touch} at */
  down(at) {
    const hold = this.#hold(at);
    const { axis } = this.face;
    if (hold && axis) this.#drag = { hold, at, axis };
    else {
      this.#now = this.face.choose(this.inner, at);
      this.#now?.down(at);
    }
  }

  /** @param {Touch[]} touches */
  move(touches) {
    const to = touches.at(-1);
    if (this.#drag && to) this.face.reflect(dragged(this.#drag.axis, this.#drag.hold, { x: to.x - this.#drag.at.x, y: to.y - this.#drag.at.y }));
    else (this.#now ?? this.inner)?.move(touches);
  }

  up() {
    const now = this.#now;
    [this.#now, this.#drag] = [null, null];
    now?.up();
  }

  cancel() {
    const [now, drag] = [this.#now, this.#drag];
    [this.#now, this.#drag] = [null, null];
    if (drag) this.face.reflect(drag.axis);
    else now?.cancel();
  }

  /** @param {Touch} at */
  hover(at) {
    this.inner?.hover?.(at);
  }
}
