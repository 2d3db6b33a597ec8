import { Mask } from "./mask.js";

/** Of 255: values above it may change (as in the library). */
const THRESHOLD = 127;

/**
 * Rows of bits, first pixel highest, each row with a leading 0: not filtered.
 *
 * @param {Mask} mask
 */
export function packed({ width, height, data }) {
  const bytesPerRow = (width + 7) >> 3;
  const rows = new Uint8Array((bytesPerRow + 1) * height);
  for (let y = 0, i = 0; y < height; y++) {
    const start = y * (bytesPerRow + 1) + 1;
    for (let x = 0; x < width; x++, i++) rows[start + (x >> 3)] |= data[i] << (7 - (x & 7));
  }
  return rows;
}

/** @param {Uint8Array} rows @param {number} width @param {number} height */
export function unpacked(rows, width, height) {
  const mask = Mask.none(width, height);
  const bytesPerRow = (width + 7) >> 3;
  for (let y = 0, i = 0; y < height; y++) {
    const start = y * (bytesPerRow + 1) + 1;
    for (let x = 0; x < width; x++, i++) mask.data[i] = (rows[start + (x >> 3)] >> (7 - (x & 7))) & 1;
  }
  return mask;
}

/** @param {Uint8Array} rows @param {number} width @param {number} height */
export function thresholded(rows, width, height) {
  const mask = Mask.none(width, height);
  for (let y = 0, i = 0; y < height; y++) {
    const start = y * (width + 1) + 1;
    for (let x = 0; x < width; x++, i++) mask.data[i] = rows[start + x] > THRESHOLD ? 1 : 0;
  }
  return mask;
}

/**
 * Undo the five filters in place (PNG, section 9). One byte is one pixel or less: the pixel to the left is the byte
 * before.
 *
 * @param {Uint8Array} rows each with its filter first
 * @param {number} bytesPerRow
 * @param {number} height
 * @returns {boolean} false where there is no such filter
 */
export function unfiltered(rows, bytesPerRow, height) {
  const line = bytesPerRow + 1;
  const none = new Uint8Array(bytesPerRow);
  for (let y = 0; y < height; y++) {
    const now = rows.subarray(y * line + 1, (y + 1) * line);
    const above = y ? rows.subarray((y - 1) * line + 1, y * line) : none;
    const filter = rows[y * line];
    if (filter === 0) continue;
    if (filter > 4) return false;
    for (let x = 0; x < bytesPerRow; x++) {
      const left = x ? now[x - 1] : 0;
      if (filter === 1) now[x] += left;
      else if (filter === 2) now[x] += above[x];
      else if (filter === 3) now[x] += (left + above[x]) >> 1;
      else if (filter === 4) now[x] += paeth(left, above[x], x ? above[x - 1] : 0);
    }
  }
  return true;
}

/** @param {number} left @param {number} above @param {number} corner */
function paeth(left, above, corner) {
  const [toLeft, toAbove] = [Math.abs(above - corner), Math.abs(left - corner)];
  const toCorner = Math.abs(left + above - 2 * corner);
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}
