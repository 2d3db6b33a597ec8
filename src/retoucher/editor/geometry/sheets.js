import { encodePng } from "./png.js";
import { packed } from "./pngrows.js";

/**
 * @import { Box, Size } from "./box.js"
 * @import { Mask } from "./mask.js"
 */

const AT_ONCE = 64; // rows of a picture that are written together

/**
 * Lines as a PNG file of two colours: black lines, and nothing at all elsewhere.
 *
 * @param {Mask} mask 1 = line
 */
export function encodeLinesPng(mask) {
  const palette = /** @type {[string, number[]][]} */ ([["PLTE", [255, 255, 255, 0, 0, 0]], ["tRNS", [0, 255]]]);
  return encodePng(mask, 1, 3, new Blob([packed(mask)]).stream(), palette);
}

/**
 * A picture that fills one box of a photo, as an RGBA PNG file of the photo's size, transparent around it. It is written
 * a few rows at a time: the whole of it is never in memory.
 *
 * @param {Size} photo
 * @param {Box} box within the photo
 * @param {Uint8ClampedArray} pixels RGBA of the box
 */
export function encodePaintPng({ width, height }, box, pixels) {
  const line = 4 * width + 1; // the filter first: none
  let y = 0;
  /** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */
  const rows = new ReadableStream({
    pull(stream) {
      const count = Math.min(AT_ONCE, height - y);
      const part = new Uint8Array(line * count);
      for (let row = Math.max(box.y - y, 0); row < Math.min(box.y + box.height - y, count); row++) {
        const start = 4 * box.width * (y + row - box.y);
        part.set(pixels.subarray(start, start + 4 * box.width), row * line + 1 + 4 * box.x);
      }
      y += count;
      stream.enqueue(part);
      if (y >= height) stream.close();
    },
  });
  return encodePng({ width, height }, 8, 6, rows);
}
