/**
 * The line about which drawing is mirrored.
 *
 * @import { Box, Point, Size } from "./box.js"
 * @typedef {{readonly from: Point, readonly to: Point}} Axis its ends are only where it is held; it goes on beyond them
 * @typedef {"from" | "middle" | "to"} Hold
 */

const REACH = 9; // CSS pixels around a handle that take hold of it
const LEAST = 8; // pixels between both ends

/** A point on the other side. @template {Point} P @param {Axis} axis @param {P} point @returns {P} */
export function mirrored({ from, to }, point) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const along = ((point.x - from.x) * dx + (point.y - from.y) * dy) / (dx * dx + dy * dy);
  return { ...point, x: 2 * (from.x + along * dx) - point.x, y: 2 * (from.y + along * dy) - point.y };
}

/**
 * The middle line of a face: between the eyes and square to them where they are known, else down the middle of its box;
 * without a face that of the photo.
 *
 * @param {{box: Box, eyes: [Point, Point] | null} | null} face
 * @param {Size} photo
 * @returns {Axis}
 */
export function axisOf(face, photo) {
  const { x, y, width, height } = face?.box ?? { x: 0, y: 0, ...photo };
  if (!face?.eyes) return { from: { x: x + width / 2, y }, to: { x: x + width / 2, y: y + height } };
  const [left, right] = face.eyes;
  const middle = { x: (left.x + right.x) / 2, y: (left.y + right.y) / 2 };
  const lean = (left.y - right.y) / (right.x - left.x || 1); // how far it goes aside for each pixel down
  const at = (/** @type {number} */ row) => ({ x: middle.x + lean * (row - middle.y), y: row });
  return { from: at(y), to: at(y + height) };
}

/** The places where it is held. @param {Axis} axis @returns {Record<Hold, Point>} */
export function holds({ from, to }) {
  return { from, middle: { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 }, to };
}

/** Which handle a press takes, if any. @param {Axis} axis @param {Point} at @param {number} zoom CSS pixels of a photo pixel @param {number} [reach] CSS pixels @returns {Hold | null} */
export function holdAt(axis, at, zoom, reach = REACH) {
  const all = /** @type {[Hold, Point][]} */ (Object.entries(holds(axis)));
  const [[hold, point]] = all.sort(([, a], [, b]) => Math.hypot(a.x - at.x, a.y - at.y) - Math.hypot(b.x - at.x, b.y - at.y));
  return Math.hypot(point.x - at.x, point.y - at.y) * zoom <= reach ? hold : null;
}

/** Moved at its middle, or turned at an end. @param {Axis} axis @param {Hold} hold @param {Point} by @returns {Axis} */
export function dragged(axis, hold, by) {
  const move = (/** @type {Point} */ point) => ({ x: point.x + by.x, y: point.y + by.y });
  if (hold === "middle") return { from: move(axis.from), to: move(axis.to) };
  const next = { ...axis, [hold]: move(axis[hold]) };
  return Math.hypot(next.to.x - next.from.x, next.to.y - next.from.y) < LEAST ? axis : next;
}
