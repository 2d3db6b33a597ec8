import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32, deflateSync, inflateSync } from "node:zlib";

import { decodeMaskPng, encodeMaskPng } from "../../src/retoucher/editor/geometry/png.js";
import { random, randomMask, whole } from "./samples.js";

function chunk(name, content) {
  const body = Buffer.concat([Buffer.from(name, "latin1"), content]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** A PNG file around rows that are filtered already. */
function file(width, height, rows, { bits = 8, colour = 0, interlaced = 0, extra = [] } = {}) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([bits, colour, 0, 0, interlaced], 8);
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  const data = deflateSync(rows);
  const half = data.length >> 1; // more than one part, as many writers do
  const parts = [chunk("IDAT", data.subarray(0, half)), chunk("IDAT", data.subarray(half))];
  return new Uint8Array(
    Buffer.concat([signature, chunk("IHDR", header), ...extra, ...parts, chunk("IEND", Buffer.alloc(0))]),
  );
}

test("a mask comes back from its file as it was", async () => {
  const next = random(16);
  for (let run = 0; run < 60; run++) {
    const mask = randomMask(next, 70);
    assert.deepEqual(await decodeMaskPng(await encodeMaskPng(mask)), mask);
  }
});

test("the file has one bit for each pixel, and its check sums are right", async () => {
  const mask = randomMask(random(17), 0, { width: 19, height: 5 });
  const bytes = Buffer.from(await encodeMaskPng(mask));
  const names = [];
  for (let at = 8; at < bytes.length; ) {
    const end = at + 8 + bytes.readUInt32BE(at);
    names.push(bytes.toString("latin1", at + 4, at + 8));
    assert.equal(bytes.readUInt32BE(end), crc32(bytes.subarray(at + 4, end)));
    if (names.at(-1) === "IDAT") assert.equal(inflateSync(bytes.subarray(at + 8, end)).length, 5 * (1 + 3));
    at = end + 4;
  }
  assert.deepEqual(names, ["IHDR", "IDAT", "IEND"]);
});

test("all five filters are undone", async () => {
  const next = random(18);
  for (let run = 0; run < 40; run++) {
    const [width, height] = [whole(next, 1, 20), whole(next, 1, 20)];
    const values = Uint8Array.from({ length: width * height }, () => whole(next, 0, 255));
    const rows = Buffer.alloc((width + 1) * height);
    const at = (x, y) => (x < 0 || y < 0 ? 0 : values[y * width + x]);
    for (let y = 0; y < height; y++) {
      const filter = whole(next, 0, 4);
      rows[y * (width + 1)] = filter;
      for (let x = 0; x < width; x++) {
        const [left, above, corner] = [at(x - 1, y), at(x, y - 1), at(x - 1, y - 1)];
        const guess = left + above - corner;
        const nearest = [left, above, corner].reduce((a, b) => (Math.abs(guess - b) < Math.abs(guess - a) ? b : a));
        const from = [0, left, above, (left + above) >> 1, nearest][filter];
        rows[y * (width + 1) + 1 + x] = at(x, y) - from;
      }
    }
    const mask = await decodeMaskPng(file(width, height, rows));
    assert.deepEqual(mask.data, values.map((value) => (value > 127 ? 1 : 0)));
  }
});

test("files of other kinds are refused with a sentence", async () => {
  const rows = Buffer.alloc(3 * 4);
  const refused = [
    [file(3, 3, rows, { colour: 2 }), /not a plain grey PNG/],
    [file(3, 3, rows, { bits: 16 }), /not a plain grey PNG/],
    [file(3, 3, rows, { interlaced: 1 }), /not a plain grey PNG/],
    [file(3, 3, rows, { extra: [chunk("tRNS", Buffer.alloc(2))] }), /transparent or turned/],
    [file(3, 3, rows, { extra: [chunk("eXIf", Buffer.alloc(8))] }), /transparent or turned/],
    [file(0, 3, rows), /claims 0×3/],
    [file(100_000, 100_000, rows), /claims 100000×100000/],
    [file(3, 4, rows), /broken/],
    [file(3, 2, rows), /broken/],
    [file(3, 3, Buffer.from([9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])), /broken/],
    [new TextEncoder().encode("GIF89a"), /not a PNG/],
    [new Uint8Array(0), /not a PNG/],
  ];
  for (const [bytes, sentence] of refused) await assert.rejects(decodeMaskPng(bytes), sentence);
});

test("a file with any byte changed is refused or gives the same mask, never another one", async () => {
  const mask = randomMask(random(19), 0, { width: 17, height: 9 });
  const bytes = await encodeMaskPng(mask);
  for (let i = 0; i < bytes.length; i++) {
    const broken = bytes.slice();
    broken[i] ^= 0x10;
    const read = await decodeMaskPng(broken).catch((error) => error);
    if (!(read instanceof Error)) assert.deepEqual(read, mask);
    else assert.match(read.message, /^This mask .*server/);
  }
  for (let length = 0; length < bytes.length; length += 7) {
    const read = await decodeMaskPng(bytes.slice(0, length)).catch((error) => error);
    if (!(read instanceof Error)) assert.deepEqual(read, mask);
  }
});
