import { toPhoto } from "./view.js";

/** @typedef {import("./box.js").Box} Box */
/** @typedef {{red: number, green: number, blue: number, opacity: number, pattern: boolean}} Tint */

const STRIPE = 4; // device pixels; wide enough to be seen at every zoom, narrow enough not to hide the photo

/**
 * How a mask looks on the screen: a veil of one colour with a full line along its edge, striped if asked for, so that it
 * does not depend on seeing the colour.
 *
 * @param {import("./mask.js").Mask} mask
 * @param {import("./view.js").View} view
 * @param {number} ratio device pixels in a CSS pixel
 * @param {Box} part of the screen in device pixels
 * @param {Tint} tint
 * @returns {Uint8ClampedArray<ArrayBuffer>} RGBA, part.width × part.height
 */
export function tinted(mask, view, ratio, part, tint) {
  const { width, height } = part;
  const pixels = new Uint32Array(width * height);
  const columns = places(view, ratio, part.x - 1, width + 1, mask.width, "x");
  const rows = places(view, ratio, part.y - 1, height + 1, mask.height, "y");
  const line = colour(tint, 1);
  const veil = colour(tint, tint.opacity);
  const faint = tint.pattern ? colour(tint, tint.opacity / 4) : veil;
  const { data } = mask;
  for (let y = 0; y < height; y++) {
    const row = rows[y + 1] ?? -1;
    const above = rows[y] ?? -1;
    let left = row < 0 || (columns[0] ?? -1) < 0 ? 0 : data[row * mask.width + columns[0]];
    for (let x = 0; x < width; x++) {
      const column = columns[x + 1];
      const here = row < 0 || column < 0 ? 0 : data[row * mask.width + column];
      const over = above < 0 || column < 0 ? 0 : data[above * mask.width + column];
      if (here !== left || here !== over) pixels[y * width + x] = line;
      else if (here) pixels[y * width + x] = (x + part.x + y + part.y) % (2 * STRIPE) < STRIPE ? veil : faint;
      left = here;
    }
  }
  return new Uint8ClampedArray(pixels.buffer);
}

/**
 * Which photo column or row each device pixel shows, -1 outside the photo.
 *
 * @param {import("./view.js").View} view
 * @param {number} ratio
 * @param {number} start
 * @param {number} count
 * @param {number} side
 * @param {"x" | "y"} axis
 */
function places(view, ratio, start, count, side, axis) {
  const found = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const screen = (start + i + 0.5) / ratio;
    const place = Math.floor(toPhoto(view, { x: screen, y: screen })[axis]);
    found[i] = place >= 0 && place < side ? place : -1;
  }
  return found;
}

/** A pixel as one number; little-endian, as every machine with a browser is. @param {Tint} tint @param {number} alpha */
function colour(tint, alpha) {
  return ((Math.round(alpha * 255) << 24) | (tint.blue << 16) | (tint.green << 8) | tint.red) >>> 0;
}

/** The tint of a colour such as "#ff3b6b". @param {string} hex @param {number} opacity @param {boolean} pattern */
export function tintOf(hex, opacity, pattern) {
  const value = parseInt(hex.slice(1), 16);
  return { red: value >> 16, green: (value >> 8) & 255, blue: value & 255, opacity, pattern };
}
