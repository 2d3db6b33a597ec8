/** @import { Sample } from "./stroke.js" */

/** Pixels: how far the polyline may lie from the curve. */
const TOLERANCE = 0.05;

/**
 * A smooth dense polyline along the samples of a pointer; the first and the last sample are its ends.
 *
 * Quadratic curves from the middle between two samples to the next middle: each depends on three samples only, so that
 * what is drawn while the pointer moves never changes afterwards (see `bend`).
 *
 * @param {readonly Sample[]} points
 * @returns {Sample[]}
 */
export function smooth(points) {
  if (points.length < 3) return [...points];
  const line = [points[0], middle(points[0], points[1])];
  for (let i = 2; i < points.length; i++) line.push(...bend(points[i - 2], points[i - 1], points[i]));
  line.push(points[points.length - 1]);
  return line;
}

/**
 * The curve around one sample: from the middle between `before` and `at` (left out) to the middle between `at` and
 * `after` (its last point).
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

/** @param {Sample} a @param {Sample} b @returns {Sample} */
const middle = (a, b) => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, radius: (a.radius + b.radius) / 2 });
