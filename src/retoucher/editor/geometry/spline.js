/** @import { Sample } from "./stroke.js" */

/** Pixels: how far the polyline may lie from the curve. */
const TOLERANCE = 0.05;

/**
 * The curve around one sample: from the middle between `before` and `at` (left out) to the middle between `at` and
 * `after` (its last point). A line made of such curves is smooth, and what is drawn of it while the pointer moves never
 * changes afterwards: each depends on three samples only.
 *
 * @param {Sample} before
 * @param {Sample} at
 * @param {Sample} after
 * @returns {Sample[]}
 */
export function bend(before, at, after) {
  const [from, to] = [middle(before, at), middle(at, after)];
  // A chord over 1/n of the curve is at most |from - 2 at + to| / (4 n²) away from it.
  const turn = Math.hypot(from.x - 2 * at.x + to.x, from.y - 2 * at.y + to.y);
  const pieces = Math.max(Math.ceil(Math.sqrt(turn / (4 * TOLERANCE))), 1);
  const line = [];
  for (let piece = 1; piece < pieces; piece++) line.push(curve(from, at, to, piece / pieces));
  line.push(to);
  return line;
}

/**
 * @param {Sample} a
 * @param {Sample} b
 * @param {Sample} c
 * @param {number} t 0…1
 * @returns {Sample}
 */
function curve(a, b, c, t) {
  const [u, v, w] = [(1 - t) * (1 - t), 2 * t * (1 - t), t * t];
  return {
    x: u * a.x + v * b.x + w * c.x,
    y: u * a.y + v * b.y + w * c.y,
    radius: u * a.radius + v * b.radius + w * c.radius,
  };
}

/** Half way between two samples. @param {Sample} a @param {Sample} b @returns {Sample} */
export const middle = (a, b) => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, radius: (a.radius + b.radius) / 2 });
