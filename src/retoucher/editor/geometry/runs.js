import { Mask } from "./mask.js";

/** @import { Box } from "./box.js" */

/**
 * A mask in little memory, for the history: how many pixels in a row are kept, may change, are kept, …
 *
 * Reading order from the top left, over the ends of rows; the first count may be 0 and no other is; together they are
 * width × height. So each mask has exactly one list of runs.
 *
 * @typedef {{readonly width: number, readonly height: number, readonly runs: Uint32Array}} Runs
 */

/**
 * @param {Mask} mask
 * @returns {Runs}
 */
export function encodeRuns(mask) {
  const { width, height, data } = mask;
  /** @type {number[]} */
  const runs = [];
  let [start, value] = [0, 0];
  while (start < data.length) {
    const end = endOfRun(data, start, value);
    runs.push(end - start);
    start = end;
    value ^= 1;
  }
  return { width, height, runs: Uint32Array.from(runs) };
}

/**
 * @param {Uint8Array} data
 * @param {number} start
 * @param {number} value
 */
function endOfRun(data, start, value) {
  const soon = Math.min(start + 16, data.length); // for short runs the loop is quicker than the call
  for (let i = start; i < soon; i++) if (data[i] !== value) return i;
  const end = data.indexOf(value ^ 1, soon);
  return end < 0 ? data.length : end;
}

/**
 * @param {Runs} runs
 * @returns {Mask}
 */
export function decodeRuns({ width, height, runs }) {
  const mask = Mask.none(width, height);
  let start = 0;
  for (let i = 0; i < runs.length; i++) {
    if (i % 2) mask.data.fill(1, start, start + runs[i]);
    start += runs[i];
  }
  return mask;
}

/**
 * Whether two lists are the same mask.
 *
 * @param {Runs} a
 * @param {Runs} b
 */
export function sameRuns(a, b) {
  if (a.width !== b.width || a.height !== b.height || a.runs.length !== b.runs.length) return false;
  return a.runs.every((run, i) => run === b.runs[i]);
}

/**
 * What may change in either.
 *
 * @param {Runs} a
 * @param {Runs} b
 */
export const unionRuns = (a, b) => merged(a, b, (inA, inB) => inA | inB);

/**
 * What may change in `a` and not in `b`.
 *
 * @param {Runs} a
 * @param {Runs} b
 */
export const subtractRuns = (a, b) => merged(a, b, (inA, inB) => inA & (inB ^ 1));

/**
 * Both lists walked at once; `rule` takes and gives 0 or 1, and keeps what both keep.
 *
 * @param {Runs} a
 * @param {Runs} b
 * @param {(inA: number, inB: number) => number} rule
 * @returns {Runs}
 */
function merged(a, b, rule) {
  if (a.width !== b.width || a.height !== b.height) {
    throw new RangeError(`Masks of ${a.width}×${a.height} and ${b.width}×${b.height} do not combine.`);
  }
  const pixels = a.width * a.height;
  /** @type {number[]} */
  const runs = [];
  let [value, started, place] = [0, 0, 0]; // the run that is being written, where it began, where the walk is
  let [i, j] = [0, 0];
  let [endA, endB] = [a.runs[0], b.runs[0]];
  while (place < pixels) {
    const now = rule(i & 1, j & 1);
    const end = Math.min(endA, endB);
    if (now !== value) {
      runs.push(place - started);
      [value, started] = [now, place];
    }
    place = end;
    if (endA === place) endA += a.runs[++i] ?? 0;
    if (endB === place) endB += b.runs[++j] ?? 0;
  }
  runs.push(pixels - started);
  return { width: a.width, height: a.height, runs: Uint32Array.from(runs) };
}

/**
 * How many pixels may change.
 *
 * @param {Runs} runs
 */
export function runsArea({ runs }) {
  let area = 0;
  for (let i = 1; i < runs.length; i += 2) area += runs[i];
  return area;
}

/**
 * The smallest box around all that may change, or null.
 *
 * @param {Runs} runs
 * @returns {Box | null}
 */
export function runsBox({ width, runs }) {
  let [left, right, top, bottom, place] = [width, -1, -1, -1, 0];
  for (let i = 0; i < runs.length; place += runs[i++]) {
    if (i % 2 === 0) continue;
    const last = place + runs[i] - 1;
    const [firstRow, lastRow] = [Math.floor(place / width), Math.floor(last / width)];
    const turns = firstRow !== lastRow; // goes on at the left edge
    left = Math.min(left, turns ? 0 : place % width);
    right = Math.max(right, turns ? width - 1 : last % width);
    if (top < 0) top = firstRow;
    bottom = lastRow;
  }
  return top < 0 ? null : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}
