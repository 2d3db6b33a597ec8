import { within } from "./box.js";

/**
 * @import { Box, Point } from "./box.js"
 * @import { Mask } from "./mask.js"
 */

/**
 * Set all pixels whose centres lie in a closed polygon (nonzero winding: a line that crosses itself leaves no holes).
 *
 * A centre exactly on an edge belongs to the polygon on its right or below, so that polygons that share an edge share
 * no pixel. Fewer than three points enclose nothing.
 *
 * @param {Mask} mask written in place
 * @param {readonly Point[]} points
 * @param {0 | 1} value
 * @returns {Box | null} what may have changed
 */
export function fillPolygon(mask, points, value) {
  if (!points.every(({ x, y }) => Number.isFinite(x) && Number.isFinite(y))) {
    throw new RangeError("A polygon needs points that are numbers.");
  }
  const box = points.length < 3 ? null : within(around(points), mask.width, mask.height);
  if (!box) return null;
  const { starts, crossings } = crossingsByRow(points, box);
  for (let row = 0; row < box.height; row++) {
    const line = crossings.subarray(starts[row], starts[row + 1]).sort();
    fillRow(mask, box, box.y + row, line, value);
  }
  return box;
}

/** @param {readonly Point[]} points @returns {Box} */
function around(points) {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y } of points) {
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  const [x, y] = [Math.floor(left), Math.floor(top)];
  return { x, y, width: Math.ceil(right) - x, height: Math.ceil(bottom) - y };
}

/** Columns further out than this, in both directions, are all the same to a photo. */
const FAR = 1 << 24;

/**
 * Where the edges cross the middle of each row: twice the first column whose centre is not left of the crossing, plus
 * 1 where the edge goes up. Numbers, so that a typed array sorts them by place. Those of row r start at starts[r].
 *
 * @param {readonly Point[]} points
 * @param {Box} box
 */
function crossingsByRow(points, box) {
  const starts = new Uint32Array(box.height + 1);
  eachCrossing(points, box, (row) => starts[row + 1]++);
  for (let row = 0; row < box.height; row++) starts[row + 1] += starts[row];
  const next = starts.slice();
  const crossings = new Int32Array(starts[box.height]);
  eachCrossing(points, box, (row, x, up) => {
    crossings[next[row]++] = 2 * Math.min(Math.max(Math.ceil(x - 0.5), -FAR), FAR) + (up ? 1 : 0);
  });
  return { starts, crossings };
}

/**
 * @param {readonly Point[]} points
 * @param {Box} box
 * @param {(row: number, x: number, up: boolean) => void} found
 */
function eachCrossing(points, box, found) {
  let from = points[points.length - 1];
  for (const to of points) {
    const up = to.y < from.y;
    const [high, low] = up ? [to, from] : [from, to];
    from = to;
    const first = Math.max(Math.ceil(high.y - 0.5), box.y);
    const end = Math.min(Math.ceil(low.y - 0.5), box.y + box.height);
    const slope = (low.x - high.x) / (low.y - high.y);
    for (let y = first; y < end; y++) found(y - box.y, high.x + (y + 0.5 - high.y) * slope, up);
  }
}

/**
 * @param {Mask} mask
 * @param {Box} box
 * @param {number} y
 * @param {Int32Array} crossings of this row, sorted
 * @param {0 | 1} value
 */
function fillRow(mask, box, y, crossings, value) {
  let [winding, start] = [0, 0];
  for (const crossing of crossings) {
    const column = Math.min(Math.max(crossing >> 1, box.x), box.x + box.width);
    if (winding === 0) start = column;
    winding += crossing & 1 ? 1 : -1;
    if (winding === 0) mask.data.fill(value, y * mask.width + start, y * mask.width + column);
  }
}
