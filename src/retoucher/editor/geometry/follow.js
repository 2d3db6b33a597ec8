import { lengthOf, spaced } from "./lines.js";

/**
 * @import { Mask } from "./mask.js"
 * @import { Line } from "./lines.js"
 */

const ROUNDS = 40; // most times that lines are thinned: they are never so wide
const SMOOTH = 3; // times that the stairs of pixels are evened out

/**
 * The lines of a picture as ways along them, so that they can be bent. Lines are thinned to one pixel first.
 *
 * @param {Mask} mask 1 = line
 * @param {{width: number, spacing: number, least: number, coarse?: number}} how of each line: its width, the distance of its points, and the length below which it is left out; `coarse` pixels each way count as one, where lines are that wide
 * @returns {Line[]}
 */
export function followed(mask, { width, spacing, least, coarse = 1 }) {
  const field = fieldOf(mask, coarse);
  if (!field) return [];
  thin(field);
  return waysIn(field)
    .map((way) => evened(way, field))
    .filter((points) => lengthOf(points) >= least)
    .map((points) => ({ points: spaced(points, spacing), width, traced: true }));
}

/** The part of a mask that has something in it, with an empty border. @typedef {{data: Uint8Array, across: number, pixels: number[], left: number, top: number, coarse: number}} Field */

/** @param {Mask} mask @param {number} coarse @returns {Field | null} */
function fieldOf(mask, coarse) {
  const box = mask.box();
  if (!box) return null;
  const across = Math.ceil(box.width / coarse) + 2;
  const data = new Uint8Array(across * (Math.ceil(box.height / coarse) + 2));
  for (let y = 0; y < box.height; y++) {
    const start = (box.y + y) * mask.width + box.x;
    const row = mask.data.subarray(start, start + box.width);
    const to = (Math.floor(y / coarse) + 1) * across + 1;
    for (let x = row.indexOf(1); x >= 0; x = row.indexOf(1, (Math.floor(x / coarse) + 1) * coarse)) data[to + Math.floor(x / coarse)] = 1;
  }
  const pixels = [];
  for (let i = data.indexOf(1); i >= 0; i = data.indexOf(1, i + 1)) pixels.push(i);
  return { data, across, pixels, left: box.x - coarse, top: box.y - coarse, coarse };
}

/** The eight neighbours, clockwise from the one above. @param {number} across */
const around = (across) => [-across, 1 - across, 1, across + 1, across, across - 1, -1, -across - 1];

/**
 * Thin lines to one pixel: take away the rims from two sides in turn, as long as nothing falls apart (Guo and Hall 1989;
 * unlike older rules, theirs leaves slanted lines two pixels wide in one piece).
 *
 * @param {Field} field changed in place
 */
function thin(field) {
  const { data, across } = field;
  const offsets = around(across);
  for (let round = 0; round < ROUNDS; round++) {
    let gone = 0;
    for (const side of [0, 1]) {
      const rim = field.pixels.filter((i) => {
        const [a, b, c, d, e, f, g, h] = offsets.map((offset) => data[i + offset]); // clockwise from the one above
        const parts = (a ? 0 : b | c) + (c ? 0 : d | e) + (e ? 0 : f | g) + (g ? 0 : h | a);
        const count = Math.min((h | a) + (b | c) + (d | e) + (f | g), (a | b) + (c | d) + (e | f) + (g | h));
        const isHeld = side ? (a | b | (d ^ 1)) & c : (e | f | (h ^ 1)) & g;
        return parts === 1 && count >= 2 && count <= 3 && !isHeld;
      });
      for (const i of rim) data[i] = 0;
      if (rim.length) field.pixels = field.pixels.filter((i) => data[i]);
      gone += rim.length;
    }
    if (!gone) break;
  }
  corners(field);
}

/** Take away the corners of stairs: their two neighbours touch without them. @param {Field} field changed in place */
function corners(field) {
  const { data, across } = field;
  const offsets = around(across);
  field.pixels = field.pixels.filter((i) => {
    for (let turn = 0; turn < 8; turn += 2) {
      const at = (/** @type {number} */ k) => data[i + offsets[(turn + k) % 8]];
      if (at(0) && at(2) && !at(4) && !at(5) && !at(6)) {
        data[i] = 0;
        return false;
      }
    }
    return true;
  });
}

/** Ways from end to end, from crossing to crossing, and around what has neither. @param {Field} field @returns {number[][]} */
function waysIn({ data, across, pixels }) {
  const offsets = [-across, 1, across, -1, 1 - across, across + 1, across - 1, -across - 1]; // straight ones first
  const next = (/** @type {number} */ i) => offsets.map((offset) => i + offset).filter((j) => data[j]);
  const used = new Uint8Array(data.length);
  const isEnd = new Uint8Array(data.length);
  const ends = pixels.filter((i) => next(i).length !== 2);
  for (const i of ends) isEnd[i] = 1;
  /** @type {number[][]} */ const ways = [];
  /** @param {number} start @param {number} second */
  const walk = (start, second) => {
    const way = [start];
    for (let [last, at] = [start, second]; ; ) {
      way.push(at);
      if (isEnd[at]) return way;
      used[at] = 1;
      const on = next(at).find((j) => j !== last && (!used[j] || (isEnd[j] && way.length > 2)));
      if (on === undefined) return way;
      [last, at] = [at, on];
    }
  };
  for (const start of ends) for (const second of next(start)) if (!used[second] && (!isEnd[second] || second > start)) ways.push(walk(start, second));
  for (const start of pixels) {
    if (used[start] || isEnd[start]) continue;
    used[start] = 1;
    ways.push([...walk(start, next(start)[0]), start]);
  }
  return ways;
}

/** A way over pixels without their stairs, in the photo's places. @param {number[]} way @param {Field} field */
function evened(way, { across, left, top, coarse }) {
  let points = Float32Array.from(way.flatMap((i) => [((i % across) + 0.5) * coarse + left, (Math.floor(i / across) + 0.5) * coarse + top]));
  for (let round = 0; round < SMOOTH; round++) {
    const before = points;
    points = before.slice();
    for (let i = 2; i < points.length - 2; i++) points[i] = (before[i - 2] + 2 * before[i] + before[i + 2]) / 4;
  }
  return points;
}
