import { union, within } from "./box.js";

/**
 * @import { Box } from "./box.js"
 * @import { Mask } from "./mask.js"
 * @typedef {{x: number, y: number, radius: number}} Sample a place of the brush and half its width there, in pixels
 */

/** Pixels: no stroke lies further out or is wider (as in the library, `Mask.from_strokes`). */
const FARTHEST = 1 << 20;

/**
 * Set all pixels whose centres a round brush covers on its straight way, its radius changing evenly.
 *
 * With equal radii this is the rule of the library's `Mask.from_strokes`, operation by operation, so that a mask that
 * is painted here and one that is drawn there are the same bytes.
 *
 * @param {Mask} mask written in place
 * @param {Sample} from
 * @param {Sample} to
 * @param {0 | 1} value
 * @returns {Box | null} what may have changed
 */
export function drawSegment(mask, from, to, value) {
  for (const { x, y, radius } of [from, to]) {
    if (!(Math.abs(x) <= FARTHEST && Math.abs(y) <= FARTHEST && radius >= 0 && radius < FARTHEST / 2)) {
      throw new RangeError(`A stroke needs points and widths that are numbers below ${FARTHEST}.`);
    }
  }
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.sqrt(dx * dx + dy * dy);
  const taper = to.radius - from.radius;
  if (taper !== 0 && Math.abs(taper) >= length) {
    const larger = taper > 0 ? to : from; // one end of the brush covers the other
    return drawPiece(mask, larger, larger, value);
  }
  // In the same pieces as the library: the ends of a piece are rounded numbers.
  const pieces = Math.ceil(length / (64 + 4 * from.radius)) || 1;
  /** @param {number} share */
  const at = (share) => ({
    x: from.x + (dx * share) / pieces,
    y: from.y + (dy * share) / pieces,
    radius: from.radius + (taper * share) / pieces,
  });
  /** @type {Box | null} */
  let changed = null;
  for (let piece = 0; piece < pieces; piece++) {
    changed = union(changed, drawPiece(mask, at(piece), at(piece + 1), value));
  }
  return changed;
}

/**
 * @param {Mask} mask
 * @param {Sample} a
 * @param {Sample} b
 * @param {0 | 1} value
 */
function drawPiece(mask, a, b, value) {
  const x = Math.floor(Math.min(a.x - a.radius, b.x - b.radius));
  const y = Math.floor(Math.min(a.y - a.radius, b.y - b.radius));
  const right = Math.ceil(Math.max(a.x + a.radius, b.x + b.radius));
  const bottom = Math.ceil(Math.max(a.y + a.radius, b.y + b.radius));
  const box = within({ x, y, width: right - x, height: bottom - y }, mask.width, mask.height);
  if (!box) return null;
  const covers = coverage(a, b, box.x, box.y);
  const sides = outline(a, b);
  for (let row = 0; row < box.height; row++) {
    const [start, end] = sides(box.y + row + 0.5);
    // The outline says where to look, the rule decides: the pixels at both ends are tried from outside inwards.
    let first = Math.max(Math.floor(start - box.x - 1.5), 0);
    let last = Math.min(Math.ceil(end - box.x + 0.5), box.width - 1);
    while (first <= last && !covers(first, row)) first++;
    while (last > first && !covers(last, row)) last--;
    if (first <= last) {
      const line = (box.y + row) * mask.width + box.x;
      mask.data.fill(value, line + first, line + last + 1);
    }
  }
  return box;
}

/**
 * The rule: whether the brush on its way from `a` to `b` covers the centre of a pixel, counted from (left, top).
 *
 * Of all places on the way, the one that covers a point best lies `lean` of the point's distance from the line towards
 * the wider end; without taper it is the nearest place.
 *
 * @param {Sample} a
 * @param {Sample} b
 * @param {number} left
 * @param {number} top
 * @returns {(column: number, row: number) => boolean}
 */
function coverage(a, b, left, top) {
  const [alongX, alongY, taper] = [b.x - a.x, b.y - a.y, b.radius - a.radius];
  const square = Math.max(alongX * alongX + alongY * alongY, 1e-12);
  // Where one disc all but holds the other, rounding must not take the root of less than nothing.
  const lean = taper === 0 ? 0 : taper / Math.sqrt(Math.max(square - taper * taper, 1e-12));
  const [startX, startY] = [left + 0.5 - a.x, top + 0.5 - a.y];
  return (column, row) => {
    const x = startX + column;
    const y = startY + row;
    const aside = lean === 0 ? 0 : lean * Math.abs(x * alongY - y * alongX);
    const place = Math.min(Math.max((x * alongX + y * alongY + aside) / square, 0), 1);
    const [offX, offY, radius] = [x - place * alongX, y - place * alongY, a.radius + place * taper];
    return offX * offX + offY * offY <= radius * radius;
  };
}

/**
 * Where a horizontal line meets the outline: the two discs and the two straight lines that touch both.
 *
 * @param {Sample} a
 * @param {Sample} b
 * @returns {(y: number) => [number, number]} start and end; start > end where it does not meet
 */
function outline(a, b) {
  const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
  const [alongX, alongY] = [(b.x - a.x) / length, (b.y - a.y) / length];
  const back = (a.radius - b.radius) / length;
  const aside = Math.sqrt(Math.max(1 - back * back, 0));
  const sides = [aside, -aside].map((sign) => {
    const [x, y] = [alongX * back - alongY * sign, alongY * back + alongX * sign];
    return [a.x + a.radius * x, a.y + a.radius * y, b.x + b.radius * x, b.y + b.radius * y];
  });
  return (y) => {
    let [start, end] = [Infinity, -Infinity];
    for (const { x, y: centre, radius } of [a, b]) {
      const square = radius * radius - (y - centre) * (y - centre);
      if (square < -1e-6 * (1 + radius)) continue;
      const half = Math.sqrt(Math.max(square, 0));
      start = Math.min(start, x - half);
      end = Math.max(end, x + half);
    }
    for (const [x0, y0, x1, y1] of sides) {
      if (y0 === y1 || y < Math.min(y0, y1) || y > Math.max(y0, y1)) continue;
      const x = x0 + ((y - y0) / (y1 - y0)) * (x1 - x0);
      start = Math.min(start, x);
      end = Math.max(end, x);
    }
    return [start, end];
  };
}
