/** What draws on a face: pen, colour brush, eraser, the tool that bends lines, and the one that takes a colour from the photo. */
import { lineOf, pushed, wiped } from "../geometry/lines.js";
import { meanColor } from "../ink.js";
import { say } from "../words.js";

/** @typedef {import("./face.js").Face} Face */
/** @typedef {import("../geometry/box.js").Point} Point */
/** @typedef {import("../geometry/lines.js").Line} Line */
/** @typedef {import("../tools.js").Tool} Tool */
/** @typedef {import("../tools.js").Touch} Touch */

const CLOSE = 0.7; // CSS pixels: nearer places of a stroke say nothing new
const SPACING = 1.5; // CSS pixels between the points of a line
const LONG = 500; // milliseconds for which a finger lies still to pick a colour
const STILL = 8; // CSS pixels that it may move meanwhile
const AROUND = 2; // photo pixels around the one whose colour is picked

/** Each stroke's places, and those of its mirror image. */
class Drawer {
  /** @type {Touch[][]} */ strokes = [];
  /** @type {Touch | null} */ end = null; // where the last stroke ended, for straight lines

  /** @param {Face} face */
  constructor(face) {
    this.face = face;
    this.settings = face.app.settings;
  }

  get zoom() {
    return this.face.editor.view.scale;
  }

  /** @param {Touch} at */
  down(at) {
    const from = at.shift && this.end ? [this.end, at] : [at];
    this.strokes = this.face.twice(from);
    this.began();
  }

  /** @param {Touch[]} touches */
  move(touches) {
    const fresh = touches.filter((at) => {
      const last = this.strokes[0]?.at(-1);
      if (!last || Math.hypot(at.x - last.x, at.y - last.y) * this.zoom < CLOSE) return false;
      for (const [i, [place]] of this.face.twice([at]).entries()) this.strokes[i].push(place);
      return true;
    });
    if (fresh.length) this.grew(fresh.length);
  }

  up() {
    const { strokes } = this;
    this.end = strokes[0]?.at(-1) ?? this.end;
    this.strokes = [];
    if (strokes.length) this.done(strokes);
  }

  cancel() {
    this.strokes = [];
    this.face.free();
  }

  began() {}

  /** @param {number} _count places that are new */
  grew(_count) {}

  /** @param {Touch[][]} _strokes */
  done(_strokes) {}
}

/** Thin lines. @implements {Tool} */
export class Pen extends Drawer {
  began() {
    const { face } = this;
    face.live = this.strokes.map((stroke) => ({ points: stroke.flatMap(({ x, y }) => [x, y]), width: this.settings.get("pen") }));
    face.grown();
  }

  /** @param {number} count */
  grew(count) {
    for (const [i, live] of this.face.live.entries()) live.points.push(...this.strokes[i].slice(-count).flatMap(({ x, y }) => [x, y]));
    this.face.grown();
  }

  /** @param {Touch[][]} strokes */
  done(strokes) {
    const spacing = Math.max(1, SPACING / this.zoom);
    const lines = strokes.map((stroke) => lineOf(stroke, this.settings.get("pen"), spacing));
    this.face.change({ lines: [...this.face.drawing.lines, ...lines] }, "step.line");
  }
}

/** Strokes of one colour, or of none, which takes colour away. @implements {Tool} */
export class Tint extends Drawer {
  #timer = 0;

  /** @param {Face} face @param {boolean} erases */
  constructor(face, erases) {
    super(face);
    this.erases = erases;
  }

  get #color() {
    return this.erases ? null : this.settings.get("color");
  }

  /** @param {Touch} at @returns {number[]} */
  #place({ x, y, pressure }) {
    const share = this.settings.get("pressure") ? pressure : 1;
    return [x, y, Math.max(0.5, (this.settings.get(this.erases ? "wipe" : "tint") / 2) * share)];
  }

  /** @param {Touch} at */
  down(at) {
    super.down(at);
    if (at.finger && !this.erases) this.#timer = setTimeout(() => this.#held(at), LONG);
  }

  /** A finger that lies still picks the colour under it. @param {Touch} at */
  #held(at) {
    const last = this.strokes[0]?.at(-1);
    if (!last || this.strokes[0].some((each) => Math.hypot(each.x - at.x, each.y - at.y) * this.zoom > STILL)) return;
    this.cancel();
    this.face.pick(at, true);
  }

  began() {
    const { face } = this;
    face.live = this.strokes.map((stroke) => ({ points: stroke.flatMap((at) => this.#place(at)), color: this.#color }));
    face.grown();
  }

  /** @param {number} count */
  grew(count) {
    for (const [i, live] of this.face.live.entries()) live.points.push(...this.strokes[i].slice(-count).flatMap((at) => this.#place(at)));
    this.face.grown();
  }

  up() {
    clearTimeout(this.#timer);
    super.up();
  }

  cancel() {
    clearTimeout(this.#timer);
    super.cancel();
  }

  /** @param {Touch[][]} strokes */
  done(strokes) {
    const { face } = this;
    const color = this.#color;
    if (color === null && !face.drawing.paints.length) return face.free();
    const paints = strokes.map((stroke) => ({ points: Float32Array.from(stroke.flatMap((at) => this.#place(at))), color }));
    if (color) face.used(color);
    face.change({ paints: [...face.drawing.paints, ...paints] }, color ? "step.paint" : "step.unpaint");
  }
}

/** What changes lines that are there: they are other lines from place to place, until it is let go. @implements {Tool} */
class Changer extends Drawer {
  /** @type {readonly Line[]} */ lines = [];

  began() {
    this.lines = this.face.drawing.lines;
    this.#go(0);
  }

  /** @param {number} count */
  grew(count) {
    this.#go(count);
  }

  /** @param {number} count */
  #go(count) {
    for (const stroke of this.strokes) {
      const first = Math.max(0, stroke.length - count - 1);
      for (let i = first; i < stroke.length; i++) this.lines = this.changed(stroke[Math.max(first, i - 1)], stroke[i]);
    }
    this.face.show(this.lines);
  }

  done() {
    const { face, lines } = this;
    if (lines === face.drawing.lines) return face.free();
    face.change({ lines }, this.step);
  }

  /** @param {Point} _from @param {Point} _to @returns {readonly Line[]} */
  changed(_from, _to) {
    return this.lines;
  }

  /** @returns {import("../words.js").Word} */
  get step() {
    return "step.bent";
  }
}

/** Lines without what it goes over. */
export class Wiper extends Changer {
  /** @param {Point} from @param {Point} to */
  changed(from, to) {
    return wiped(this.lines, from, to, Math.max(0.5, this.settings.get("wipe") / 2));
  }

  /** @returns {import("../words.js").Word} */
  get step() {
    return "step.unline";
  }
}

/** Lines pushed along. */
export class Bend extends Changer {
  /** @param {Point} from @param {Point} to */
  changed(from, to) {
    return pushed(this.lines, from, to, this.settings.get("reach") / 2);
  }
}

/** A colour of the photo's. @implements {Tool} */
export class Picker {
  /** @param {Face} face */
  constructor(face) {
    this.face = face;
  }

  /** @param {Touch} at */
  down(at) {
    this.face.pick(at, false);
  }

  /** @param {Touch[]} touches */
  move(touches) {
    const at = touches.at(-1);
    if (at) this.face.pick(at, false);
  }

  up() {
    const { face } = this;
    face.app.take("paint"); // a colour is picked to be used
    face.editor.announce(say("said.picked", { color: face.app.settings.get("color") }));
  }

  cancel() {}
}

/** The photo's colour at a place, or null beside it. @param {import("../canvas.js").Picture} picture @param {Point} at */
export function colorAt(picture, { x, y }) {
  const [left, top] = [Math.max(0, Math.floor(x) - AROUND), Math.max(0, Math.floor(y) - AROUND)];
  const [right, bottom] = [Math.min(picture.width, Math.floor(x) + AROUND + 1), Math.min(picture.height, Math.floor(y) + AROUND + 1)];
  if (x < 0 || y < 0 || x >= picture.width || y >= picture.height) return null;
  return meanColor(picture.sample({ x: left, y: top, width: right - left, height: bottom - top }, 2 * AROUND + 1));
}
