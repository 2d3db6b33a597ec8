import { union, within } from "./box.js";

/** @import { Box } from "./box.js" */

/**
 * Which pixels of a photo may change: 1 = may change, 0 = keep, row by row from the top left.
 *
 * `data` is written in place by the functions beside this class; each answers with the box that may have changed.
 */
export class Mask {
  /**
   * @param {number} width
   * @param {number} height
   * @param {Uint8Array<ArrayBuffer>} data width × height bytes of 0 or 1; not copied
   */
  constructor(width, height, data) {
    if (!(width > 0 && height > 0) || data.length !== width * height) {
      throw new RangeError(`A mask of ${width}×${height} needs ${width * height} bytes, not ${data.length}.`);
    }
    this.width = width;
    this.height = height;
    this.data = data;
  }

  /**
   * A mask in which nothing may change.
   *
   * @param {number} width
   * @param {number} height
   */
  static none(width, height) {
    return new Mask(width, height, new Uint8Array(width * height));
  }

  copy() {
    return new Mask(this.width, this.height, this.data.slice());
  }

  /**
   * 0 or 1; outside the photo 0.
   *
   * @param {number} x
   * @param {number} y
   */
  at(x, y) {
    return x < 0 || y < 0 || x >= this.width || y >= this.height ? 0 : this.data[y * this.width + x];
  }

  /**
   * How many pixels may change, in the whole photo or in a box.
   *
   * @param {Box | null} [box]
   */
  area(box) {
    const { x, y, width, height } = within(box ?? whole(this), this.width, this.height) ?? NOWHERE;
    let count = 0;
    for (let row = y; row < y + height; row++) {
      const start = row * this.width + x;
      for (let i = start; i < start + width; i++) count += this.data[i];
    }
    return count;
  }

  /**
   * The smallest box around all that may change, or null; if `inside` is given, around what may change in there.
   *
   * @param {Box | null} [inside] null: nowhere
   * @returns {Box | null}
   */
  box(inside = whole(this)) {
    const place = within(inside, this.width, this.height);
    if (!place) return null;
    let [left, right, top, bottom] = [Infinity, -1, -1, -1];
    for (let y = place.y; y < place.y + place.height; y++) {
      const row = this.data.subarray(y * this.width + place.x, y * this.width + place.x + place.width);
      const first = row.indexOf(1);
      if (first < 0) continue;
      left = Math.min(left, first);
      right = Math.max(right, row.lastIndexOf(1));
      if (top < 0) top = y;
      bottom = y;
    }
    if (top < 0) return null;
    return { x: place.x + left, y: top, width: right - left + 1, height: bottom - top + 1 };
  }
}

const NOWHERE = { x: 0, y: 0, width: 0, height: 0 };

/** @param {Mask} mask @returns {Box} */
const whole = (mask) => ({ x: 0, y: 0, width: mask.width, height: mask.height });

/**
 * Keep everything.
 *
 * @param {Mask} mask
 */
export function clear(mask) {
  const box = mask.box();
  mask.data.fill(0);
  return box;
}

/**
 * What may change is kept, and what is kept may change.
 *
 * @param {Mask} mask
 * @returns {Box}
 */
export function invert(mask) {
  const { data } = mask;
  for (let i = 0; i < data.length; i++) data[i] ^= 1;
  return whole(mask);
}

/**
 * Set all pixels of a box (cut at the photo's edges).
 *
 * @param {Mask} mask
 * @param {Box | null} box
 * @param {0 | 1} value
 */
export function fillRectangle(mask, box, value) {
  const place = within(box, mask.width, mask.height);
  if (!place) return null;
  for (let y = place.y; y < place.y + place.height; y++) {
    const start = y * mask.width + place.x;
    mask.data.fill(value, start, start + place.width);
  }
  return place;
}

/**
 * Change `mask` by another mask of the same size; the other one stays as it is.
 *
 * @param {Mask} mask
 * @param {Mask} other
 * @param {"add" | "subtract" | "intersect" | "replace"} how
 * @returns {Box | null}
 */
export function combine(mask, other, how) {
  if (mask.width !== other.width || mask.height !== other.height) {
    throw new RangeError(`Masks of ${mask.width}×${mask.height} and ${other.width}×${other.height} do not combine.`);
  }
  const rule = RULES[how];
  const place = how === "intersect" ? mask.box() : how === "replace" ? union(mask.box(), other.box()) : other.box();
  if (!place) return null;
  for (let y = place.y; y < place.y + place.height; y++) {
    const start = y * mask.width + place.x;
    rule(mask.data, other.data, start, start + place.width);
  }
  return place;
}

/**
 * One loop for each rule: a loop that calls a function per pixel is ten times slower.
 *
 * @type {Record<"add" | "subtract" | "intersect" | "replace",
 *   (to: Uint8Array, from: Uint8Array, start: number, end: number) => void>}
 */
const RULES = {
  add: (to, from, start, end) => {
    for (let i = start; i < end; i++) to[i] |= from[i];
  },
  subtract: (to, from, start, end) => {
    for (let i = start; i < end; i++) to[i] &= from[i] ^ 1;
  },
  intersect: (to, from, start, end) => {
    for (let i = start; i < end; i++) to[i] &= from[i];
  },
  replace: (to, from, start, end) => to.set(from.subarray(start, end), start),
};
