import assert from "node:assert/strict";
import { test } from "node:test";

import { roughFill } from "../../src/retoucher/editor/geometry/roughfill.js";
import { random, randomMask, whole } from "./samples.js";

const picture = (width, height, colour) => ({
  width,
  height,
  data: Uint8ClampedArray.from({ length: 4 * width * height }, (_, i) => colour(i >> 2, i & 3)),
});

test("known pixels stay as they are, and what lies under the hole never counts", () => {
  const next = random(26);
  for (let run = 0; run < 100; run++) {
    const hole = randomMask(next, 45);
    const photo = picture(hole.width, hole.height, () => whole(next, 0, 255));
    const other = { ...photo, data: photo.data.map((value, i) => (hole.data[i >> 2] ? 255 - value : value)) };
    const result = roughFill(photo, hole.data);
    if (hole.area() < hole.data.length) assert.deepEqual(roughFill(other, hole.data), result);
    for (let i = 0; i < result.length; i++) if (!hole.data[i >> 2]) assert.equal(result[i], photo.data[i]);
  }
});

test("a hole in one colour gets this colour, whatever its shape", () => {
  const next = random(27);
  for (let run = 0; run < 60; run++) {
    const hole = randomMask(next, 45);
    if (hole.area() === hole.data.length) continue;
    const photo = picture(hole.width, hole.height, (i, c) => (hole.data[i] ? 7 : [200, 90, 31, 255][c]));
    const result = roughFill(photo, hole.data);
    for (let i = 0; i < result.length; i++) assert.equal(result[i], [200, 90, 31, 255][i & 3]);
  }
});

test("a fill lies between the darkest and the lightest known value", () => {
  const next = random(28);
  for (let run = 0; run < 40; run++) {
    const hole = randomMask(next, 45);
    const photo = picture(hole.width, hole.height, (_, c) => (c === 3 ? 255 : whole(next, 60, 170)));
    if (hole.area() === hole.data.length) continue;
    const result = roughFill(photo, hole.data);
    result.forEach((value, i) => (i & 3) < 3 && assert.ok(value >= 60 && value <= 170));
  }
});

test("a hole of 60 pixels in a ramp is filled within 12 of 255 of the ramp, without steps of more than 3", () => {
  const [width, height] = [128, 128];
  const photo = picture(width, height, (i, c) => (c === 3 ? 255 : (i % width) + Math.floor(i / width)));
  const hole = new Uint8Array(width * height);
  for (let y = 34; y < 94; y++) hole.fill(1, y * width + 34, y * width + 94);
  const result = roughFill(photo, hole);
  const at = (x, y) => result[4 * (y * width + x)];
  for (let y = 34; y < 94; y++) {
    for (let x = 34; x < 94; x++) {
      assert.ok(Math.abs(at(x, y) - x - y) <= 12, `${x},${y}: ${at(x, y)} is far from ${x + y}`);
      assert.ok(Math.max(Math.abs(at(x, y) - at(x, y - 1)), Math.abs(at(x, y) - at(x - 1, y))) <= 3);
    }
  }
});

test("transparent surroundings lend no colour", () => {
  const photo = picture(16, 16, (i, c) => (i % 16 < 4 ? [0, 0, 0, 0] : [240, 120, 60, 255])[c]);
  const hole = new Uint8Array(256).map((_, i) => (i % 16 >= 4 && i % 16 < 10 ? 1 : 0));
  const result = roughFill(photo, hole);
  for (let i = 0; i < 256; i++) if (hole[i] && result[4 * i + 3] > 64) assert.ok(Math.abs(result[4 * i] - 240) <= 2);
});

test("with nothing known the picture comes back as it is", () => {
  const photo = picture(5, 3, (i) => i);
  assert.deepEqual(roughFill(photo, new Uint8Array(15).fill(1)), photo.data);
});
