import { packed, thresholded, unfiltered, unpacked } from "./pngrows.js";

/** @import { Mask } from "./mask.js" */

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** Largest mask that is read, as in the library: a small file can claim any size. */
const MAX_PIXELS = 200_000_000;

/** What changes how a grey picture is read: transparency and a turned orientation. The server knows how. */
const BEYOND = new Set(["tRNS", "eXIf"]);

/**
 * A PNG file of 1-bit grey: white may change.
 *
 * @param {Mask} mask
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export function encodeMaskPng(mask) {
  return encodePng(mask, 1, 0, new Blob([packed(mask)]).stream());
}

/**
 * A PNG file, not interlaced.
 *
 * @param {{width: number, height: number}} size
 * @param {number} bits of a sample
 * @param {0 | 3 | 6} color kind: grey, palette, or RGBA
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} rows each with its filter first
 * @param {[string, number[]][]} [more] chunks between header and picture
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function encodePng({ width, height }, bits, color, rows, more = []) {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([bits, color], 8); // all others 0: deflate, not interlaced
  const data = await collected(rows.pipeThrough(new CompressionStream("deflate")), Infinity);
  const between = more.map(([name, content]) => chunk(name, Uint8Array.from(content)));
  return joined([SIGNATURE, chunk("IHDR", header), ...between, chunk("IDAT", data), chunk("IEND", new Uint8Array(0))]);
}

/**
 * A mask from a PNG file of 1 or 8 bit grey, with the rules of the library's `Mask.open`.
 *
 * Any other picture, and one that is broken, is refused with a sentence; the server reads more kinds.
 *
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {Promise<Mask>}
 */
export async function decodeMaskPng(bytes) {
  const { header, data } = chunks(bytes);
  const [width, height] = [header.getUint32(0), header.getUint32(4)];
  const [bits, colour, interlaced] = [header.getUint8(8), header.getUint8(9), header.getUint8(12)];
  if (colour !== 0 || (bits !== 1 && bits !== 8) || interlaced !== 0) {
    throw new Error("This mask is not a plain grey PNG of 1 or 8 bits: let the server read it.");
  }
  if (width === 0 || height === 0 || width * height > MAX_PIXELS) {
    throw new Error(`This mask claims ${width}×${height} pixels; from 1 to ${MAX_PIXELS} are read.`);
  }
  const bytesPerRow = bits === 8 ? width : (width + 7) >> 3;
  const rows = await inflated(data, (bytesPerRow + 1) * height);
  if (!unfiltered(rows, bytesPerRow, height)) throw broken();
  return bits === 8 ? thresholded(rows, width, height) : unpacked(rows, width, height);
}

/**
 * The header and the joined picture data of a file whose check sums are right.
 *
 * @param {Uint8Array<ArrayBuffer>} bytes
 */
function chunks(bytes) {
  if (!SIGNATURE.every((byte, i) => bytes[i] === byte)) {
    throw new Error("This mask is not a PNG file: let the server read it.");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  /** @type {DataView | null} */
  let header = null;
  const data = [];
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 8 + view.getUint32(at);
    if (end + 4 > bytes.length || view.getUint32(end) !== checksum(bytes.subarray(at + 4, end))) throw broken();
    const name = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (BEYOND.has(name)) throw new Error("This mask is transparent or turned: let the server read it.");
    if (name === "IHDR" && end - at === 21) header = new DataView(bytes.buffer, bytes.byteOffset + at + 8, 13);
    if (name === "IDAT") data.push(bytes.subarray(at + 8, end));
    if (name === "IEND") break;
    at = end + 4;
  }
  if (!header || !data.length) throw broken();
  return { header, data };
}

/**
 * @param {Uint8Array<ArrayBuffer>[]} parts
 * @param {number} length exactly so many bytes
 */
async function inflated(parts, length) {
  const stream = new Blob(parts).stream().pipeThrough(new DecompressionStream("deflate"));
  const rows = await collected(stream, length).catch(() => null);
  if (rows?.length !== length) throw broken();
  return rows;
}

/**
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} stream
 * @param {number} most bytes; more is refused before it fills the memory
 */
async function collected(stream, most) {
  const parts = [];
  let length = 0;
  const reader = stream.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    length += part.value.length;
    if (length > most) {
      await reader.cancel();
      throw broken();
    }
    parts.push(part.value);
  }
  return joined(parts);
}

/** @param {Uint8Array[]} parts */
function joined(parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * Length, name, content and check sum.
 *
 * @param {string} name
 * @param {Uint8Array} content
 */
function chunk(name, content) {
  const whole = new Uint8Array(content.length + 12);
  const view = new DataView(whole.buffer);
  view.setUint32(0, content.length);
  for (let i = 0; i < 4; i++) whole[4 + i] = name.charCodeAt(i);
  whole.set(content, 8);
  view.setUint32(content.length + 8, checksum(whole.subarray(4, content.length + 8)));
  return whole;
}

/** CRC-32 of each byte (PNG, annex D). */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? 0xedb88320 ^ (byte >>> 1) : byte >>> 1;
  return byte;
});

/** @param {Uint8Array} bytes */
function checksum(bytes) {
  let sum = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) sum = TABLE[(sum ^ bytes[i]) & 0xff] ^ (sum >>> 8);
  return (sum ^ 0xffffffff) >>> 0;
}

const broken = () => new Error("This mask file is broken: save it again, or let the server read it.");
