import { union, within } from "./box.js";
import { bend, middle } from "./spline.js";
import { drawSegment } from "./stroke.js";

/**
 * @import { Box, Point } from "./box.js"
 * @import { Mask } from "./mask.js"
 * @typedef {{readonly points: Float32Array, readonly width: number, readonly traced: boolean}} Line x, y, x, y …; never changed, only replaced. `traced`: taken from the photo
 */

const FINE = 6; // points that a line has within the reach of what bends it

/** @type {WeakMap<Line, Box>} */
const bounds = new WeakMap();

/**
 * A line through the places of a pen, smooth, with points at even distances. One place makes a dot.
 *
 * @param {readonly Point[]} places
 * @param {number} width
 * @param {number} spacing pixels between its points, about
 * @returns {Line}
 */
export function lineOf(places, width, spacing) {
  const smooth = curve(places.map(({ x, y }) => ({ x, y, radius: 0 })));
  return { points: spaced(Float32Array.from(smooth.flatMap(({ x, y }) => [x, y])), spacing), width, traced: false };
}

/** The box of whole pixels that holds a line, its width included. @param {Line} line @returns {Box} */
export function boundsOf(line) {
  const known = bounds.get(line);
  if (known) return known;
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < line.points.length; i += 2) {
    const [x, y] = [line.points[i], line.points[i + 1]];
    [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x), Math.min(top, y), Math.max(bottom, y)];
  }
  const half = line.width / 2;
  const [x, y] = [Math.floor(left - half), Math.floor(top - half)];
  const box = { x, y, width: Math.ceil(right + half) - x, height: Math.ceil(bottom + half) - y };
  bounds.set(line, box);
  return box;
}

/**
 * The same way with points at even distances; both ends stay.
 *
 * @param {Float32Array} points
 * @param {number} spacing
 */
export function spaced(points, spacing) {
  const length = lengthOf(points);
  const pieces = Math.max(Math.round(length / spacing), 1);
  if (points.length < 4 || length === 0) return points.slice(0, 2);
  const made = new Float32Array(2 * pieces + 2);
  made.set(points.subarray(0, 2));
  let [piece, passed] = [1, 0];
  for (let i = 2; i < points.length; i += 2) {
    const [x, y, dx, dy] = [points[i - 2], points[i - 1], points[i] - points[i - 2], points[i + 1] - points[i - 1]];
    const step = Math.hypot(dx, dy);
    for (; piece < pieces && passed + step >= (piece * length) / pieces; piece++) {
      const share = step ? ((piece * length) / pieces - passed) / step : 0;
      made.set([x + share * dx, y + share * dy], 2 * piece);
    }
    passed += step;
  }
  made.set(points.subarray(-2), 2 * pieces);
  return made;
}

/** @param {Float32Array} points */
export function lengthOf(points) {
  let length = 0;
  for (let i = 2; i < points.length; i += 2) length += Math.hypot(points[i] - points[i - 2], points[i + 1] - points[i - 1]);
  return length;
}

/**
 * Lines pushed as by a fingertip from one place to another: what lies under it goes along, what lies a radius away stays,
 * and what is between follows smoothly. Lines that are not reached are the very same.
 *
 * @param {readonly Line[]} lines
 * @param {Point} from
 * @param {Point} to
 * @param {number} radius
 * @returns {readonly Line[]}
 */
export function pushed(lines, from, to, radius) {
  return changed(lines, from, from, radius, (line) => {
    const points = dense(line.points, from, from, radius, radius / FINE);
    let isMoved = false;
    for (let i = 0; i < points.length; i += 2) {
      const near = 1 - ((points[i] - from.x) ** 2 + (points[i + 1] - from.y) ** 2) / radius ** 2;
      if (near <= 0) continue;
      points[i] += near * near * (to.x - from.x);
      points[i + 1] += near * near * (to.y - from.y);
      isMoved = true;
    }
    return isMoved ? [{ ...line, points }] : [line];
  });
}

/**
 * Lines without what an eraser covers on its straight way. A line that it crosses becomes two.
 *
 * @param {readonly Line[]} lines
 * @param {Point} from
 * @param {Point} to
 * @param {number} radius
 * @returns {readonly Line[]}
 */
export function wiped(lines, from, to, radius) {
  return changed(lines, from, to, radius, (line) => {
    const points = dense(line.points, from, to, radius, Math.max(radius / FINE, 0.5));
    /** @type {Line[]} */ const parts = [];
    let start = 0;
    const cut = (/** @type {number} */ end) => {
      if (end - start > 1 || points.length === 2) parts.push({ ...line, points: points.slice(2 * start, 2 * end) });
    };
    let isCut = false;
    for (let i = 0; i < points.length / 2; i++) {
      if (away({ x: points[2 * i], y: points[2 * i + 1] }, from, to) > radius) continue;
      if (i > start) cut(i);
      start = i + 1;
      isCut = true;
    }
    if (!isCut) return [line];
    if (start < points.length / 2) cut(points.length / 2);
    return parts;
  });
}

/**
 * Set all pixels that a line covers; the same rule as for strokes of a mask.
 *
 * @param {Mask} mask written in place
 * @param {Line} line
 * @returns {Box | null} what may have changed
 */
export function drawLine(mask, { points, width }) {
  const places = [];
  for (let i = 0; i < points.length; i += 2) places.push({ x: points[i], y: points[i + 1], radius: width / 2 });
  const way = curve(places);
  let box = drawSegment(mask, way[0], way[0], 1);
  for (let i = 1; i < way.length; i++) box = union(box, drawSegment(mask, way[i - 1], way[i], 1));
  return within(box, mask.width, mask.height);
}

/**
 * A smooth way along places: through the middles between them, bent at each.
 *
 * @template {import("./stroke.js").Sample} S
 * @param {readonly S[]} places
 * @returns {import("./stroke.js").Sample[]}
 */
export function curve(places) {
  if (places.length < 3) return [...places];
  const way = [places[0], middle(places[0], places[1])];
  for (let i = 1; i < places.length - 1; i++) way.push(...bend(places[i - 1], places[i], places[i + 1]));
  way.push(places[places.length - 1]);
  return way;
}

/**
 * @param {readonly Line[]} lines
 * @param {Point} from
 * @param {Point} to
 * @param {number} radius
 * @param {(line: Line) => Line[]} change
 */
function changed(lines, from, to, radius, change) {
  const [left, right] = [Math.min(from.x, to.x) - radius, Math.max(from.x, to.x) + radius];
  const [top, bottom] = [Math.min(from.y, to.y) - radius, Math.max(from.y, to.y) + radius];
  let isSame = true;
  const made = lines.flatMap((line) => {
    const { x, y, width, height } = boundsOf(line);
    if (x > right || y > bottom || x + width < left || y + height < top) return [line];
    const now = change(line);
    isSame &&= now.length === 1 && now[0] === line;
    return now;
  });
  return isSame ? lines : made;
}

/**
 * A copy with points no further apart than `step` where a way is near.
 *
 * @param {Float32Array} points
 * @param {Point} from
 * @param {Point} to
 * @param {number} radius
 * @param {number} step
 */
function dense(points, from, to, radius, step) {
  const made = [points[0], points[1]];
  for (let i = 2; i < points.length; i += 2) {
    const [a, b] = [{ x: points[i - 2], y: points[i - 1] }, { x: points[i], y: points[i + 1] }];
    const length = Math.hypot(b.x - a.x, b.y - a.y);
    const isNear = away({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }, from, to) <= radius + length / 2;
    const pieces = isNear ? Math.max(Math.ceil(length / step), 1) : 1;
    for (let piece = 1; piece < pieces; piece++) made.push(a.x + ((b.x - a.x) * piece) / pieces, a.y + ((b.y - a.y) * piece) / pieces);
    made.push(b.x, b.y);
  }
  return Float32Array.from(made);
}

/** How far a point is from a straight way. @param {Point} point @param {Point} from @param {Point} to */
function away(point, from, to) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const square = dx * dx + dy * dy;
  const share = square ? Math.min(Math.max(((point.x - from.x) * dx + (point.y - from.y) * dy) / square, 0), 1) : 0;
  return Math.hypot(point.x - from.x - share * dx, point.y - from.y - share * dy);
}
