/**
 * Where an object lies on a painting, and what its handles do. `x`, `y`: the painting's point under the object's middle;
 * the object is mirrored first, then scaled, then turned clockwise by `rotate` degrees, as `retoucher harmonize` does it.
 * Places are never changed, only replaced.
 *
 * @typedef {{x: number, y: number, scale: number, rotate: number, flip: boolean}} Place
 * @typedef {import("./box.js").Point} Point
 * @typedef {import("./box.js").Size} Size
 * @typedef {import("./box.js").Box} Box
 * @typedef {"move" | "scale" | "turn"} Grip
 */
import { intersection } from "./box.js";

const SHARE = 0.4; // of the painting that an object takes at first, at most
const LEAST = 4; // pixels of the painting that an object's longer side keeps
const MOST = 8; // times the painting's longer side that it may have
const APART = 36; // CSS pixels from the middle that a corner's handle has at least, so that a small object can still be moved
const ABOVE = 36; // CSS pixels from the upper edge to the handle that turns
const REACH = 22; // CSS pixels around a handle that take hold of it: a finger's 44
const SNAP = 15; // degrees

/** Handles in the order of the object's corners, from its upper left clockwise. */
const SIGNS = /** @type {const} */ ([[-1, -1], [1, -1], [1, 1], [-1, 1]]);

/**
 * In the middle of a part of the painting (all of it, or what the screen shows), and small enough to be seen whole.
 *
 * @param {Size} size the object's own
 * @param {Size} painting
 * @param {Box} [within]
 * @returns {Place}
 */
export function fitted(size, painting, within = { x: 0, y: 0, ...painting }) {
  const scale = Math.min(1, (SHARE * within.width) / size.width, (SHARE * within.height) / size.height);
  const place = { x: Math.round(within.x + within.width / 2), y: Math.round(within.y + within.height / 2), scale, rotate: 0, flip: false };
  return scaledTo(place, size, painting, scale);
}

/**
 * From the object's pixels to the painting's, as canvases take it: x' = a x + c y + e, y' = b x + d y + f.
 *
 * @param {Place} place
 * @param {Size} size
 * @returns {[number, number, number, number, number, number]} a, b, c, d, e, f
 */
export function matrix({ x, y, scale, rotate, flip }, { width, height }) {
  const angle = (rotate * Math.PI) / 180;
  const [cos, sin] = [scale * Math.cos(angle), scale * Math.sin(angle)];
  const [a, b, c, d] = flip ? [-cos, -sin, -sin, cos] : [cos, sin, -sin, cos];
  return [a, b, c, d, x - (a * width + c * height) / 2, y - (b * width + d * height) / 2];
}

/** @param {Place} place @param {Size} size @param {Point} point of the object @returns {Point} of the painting */
export function toPainting(place, size, { x, y }) {
  const [a, b, c, d, e, f] = matrix(place, size);
  return { x: a * x + c * y + e, y: b * x + d * y + f };
}

/** @param {Place} place @param {Size} size @param {Point} point of the painting @returns {Point} of the object */
export function toObject(place, size, { x, y }) {
  const [a, b, c, d, e, f] = matrix(place, size);
  const determinant = a * d - b * c;
  return { x: (d * (x - e) - c * (y - f)) / determinant, y: (a * (y - f) - b * (x - e)) / determinant };
}

/** The object's corners on the painting, from its upper left clockwise. @param {Place} place @param {Size} size @returns {Point[]} */
export function corners(place, { width, height }) {
  return SIGNS.map(([right, down]) => toPainting(place, { width, height }, { x: (width * (1 + right)) / 2, y: (height * (1 + down)) / 2 }));
}

/** The box on the painting that holds the object, of whole pixels. @param {Place} place @param {Size} size @returns {Box} */
export function boxOf(place, size) {
  const all = corners(place, size);
  const [left, top] = [Math.floor(Math.min(...all.map(({ x }) => x))), Math.floor(Math.min(...all.map(({ y }) => y)))];
  const [right, bottom] = [Math.ceil(Math.max(...all.map(({ x }) => x))), Math.ceil(Math.max(...all.map(({ y }) => y)))];
  return { x: left, y: top, width: Math.max(1, right - left), height: Math.max(1, bottom - top) };
}

/** Whether nothing of the object lies on the painting. @param {Place} place @param {Size} size @param {Size} painting */
export function isOutside(place, size, painting) {
  return intersection(boxOf(place, size), { x: 0, y: 0, ...painting }) === null;
}

/**
 * Where the handles are: a little outside of a small object, so that its middle is free to be taken. The one that turns
 * lies beyond the upper edge as it is seen, or inside of it where that would be out of sight.
 *
 * @param {Place} place
 * @param {Size} size
 * @param {number} zoom CSS pixels of a painting's pixel
 * @param {number} [top] the painting's row at the screen's upper edge
 * @returns {{corners: Point[], stem: Point, turn: Point}} `stem`: the middle of the upper edge, from which the line to `turn` goes
 */
export function handles(place, size, zoom, top = -Infinity) {
  const middle = { x: place.x, y: place.y };
  const out = corners(place, size).map((corner) => away(middle, corner, APART / zoom));
  const stem = toPainting(place, size, { x: size.width / 2, y: 0 });
  const reach = Math.max(distance(middle, stem), APART / zoom / 2);
  const beyond = along(middle, stem, reach + ABOVE / zoom);
  const turn = beyond.y - REACH / 2 / zoom < top ? along(middle, stem, -reach - ABOVE / zoom) : beyond;
  return { corners: out, stem: turn === beyond ? stem : toPainting(place, size, { x: size.width / 2, y: size.height }), turn };
}

/**
 * What a press takes hold of; null where it is beside the object.
 *
 * @param {Place} place
 * @param {Size} size
 * @param {Point} at on the painting
 * @param {number} zoom CSS pixels of a painting's pixel
 * @param {number} [top]
 * @returns {Grip | null}
 */
export function gripAt(place, size, at, zoom, top) {
  const { corners: ends, turn } = handles(place, size, zoom, top);
  const reach = REACH / zoom;
  const grips = /** @type {[Grip, number][]} */ ([["turn", distance(at, turn)], ...ends.map((end) => ["scale", distance(at, end)])]);
  const [grip, far] = grips.reduce((best, each) => (each[1] < best[1] ? each : best));
  if (far <= reach && far <= distance(at, place)) return grip;
  const { x, y } = toObject(place, size, at);
  const room = Math.max(0, REACH / zoom - (Math.min(size.width, size.height) * place.scale) / 2) / place.scale; // a thin object is as easy to take as a button
  return x >= -room && y >= -room && x <= size.width + room && y <= size.height + room ? "move" : null;
}

/** Dragged from one place to another. @param {Place} place @param {Point} from @param {Point} to @returns {Place} */
export function moved(place, from, to) {
  return { ...place, x: tenth(place.x + to.x - from.x), y: tenth(place.y + to.y - from.y) };
}

/**
 * A corner was dragged: the corner across stays where it is.
 *
 * @param {Place} place
 * @param {Size} size
 * @param {Size} painting
 * @param {Point} from
 * @param {Point} to
 * @returns {Place}
 */
export function scaled(place, size, painting, from, to) {
  const all = corners(place, size);
  const near = all.reduce((best, corner, i) => (distance(corner, from) < distance(all[best], from) ? i : best), 0);
  const [corner, anchor] = [all[near], all[(near + 2) % 4]];
  const [along, length] = [{ x: corner.x - anchor.x, y: corner.y - anchor.y }, distance(corner, anchor)];
  const longer = length + ((to.x - from.x) * along.x + (to.y - from.y) * along.y) / length;
  const next = scaledTo(place, size, painting, (place.scale * longer) / length);
  const factor = next.scale / place.scale;
  return { ...next, x: tenth(anchor.x + (place.x - anchor.x) * factor), y: tenth(anchor.y + (place.y - anchor.y) * factor) };
}

/**
 * Of another scale, its middle where it was; within limits.
 *
 * @param {Place} place
 * @param {Size} size
 * @param {Size} painting
 * @param {number} scale
 * @returns {Place}
 */
export function scaledTo(place, size, painting, scale) {
  const longer = Math.max(size.width, size.height);
  const [least, most] = [Math.min(1, LEAST / longer), Math.max(1, (MOST * Math.max(painting.width, painting.height)) / longer)];
  const kept = Number.isFinite(scale) ? Math.min(most, Math.max(least, scale)) : place.scale;
  return { ...place, scale: Number(kept.toPrecision(5)) };
}

/**
 * The handle that turns was dragged.
 *
 * @param {Place} place
 * @param {Point} from
 * @param {Point} to
 * @param {boolean} [snaps] to every 15 degrees
 * @returns {Place}
 */
export function turned(place, from, to, snaps = false) {
  const angle = (/** @type {Point} */ { x, y }) => (Math.atan2(y - place.y, x - place.x) * 180) / Math.PI;
  return turnedTo(place, place.rotate + angle(to) - angle(from), snaps);
}

/** Turned to an angle, written as more than -180 and at most 180 degrees. @param {Place} place @param {number} rotate @param {boolean} [snaps] @returns {Place} */
export function turnedTo(place, rotate, snaps = false) {
  const angle = snaps ? SNAP * Math.round(rotate / SNAP) : tenth(rotate);
  const within = angle - 360 * Math.ceil((angle - 180) / 360);
  return { ...place, rotate: tenth(within) || 0 };
}

/** Mirrored left to right as it is seen: what was turned clockwise is turned the other way. @param {Place} place @returns {Place} */
export function flipped(place) {
  return { ...turnedTo(place, -place.rotate), flip: !place.flip };
}

/** @param {Point} middle @param {Point} point @param {number} least */
function away(middle, point, least) {
  return distance(middle, point) < least ? along(middle, point, least) : point;
}

/** The point on the line from `middle` through `point`, `far` from the middle. @param {Point} middle @param {Point} point @param {number} far */
function along(middle, point, far) {
  const length = distance(middle, point) || 1;
  return { x: middle.x + ((point.x - middle.x) * far) / length, y: middle.y + ((point.y - middle.y) * far) / length };
}

/** @param {Point} a @param {Point} b */
function distance(a, b) {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

/** @param {number} value */
function tenth(value) {
  return Math.round(10 * value) / 10;
}
