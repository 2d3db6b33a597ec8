import assert from "node:assert/strict";
import { test } from "node:test";

import { grow } from "../../src/retoucher/editor/geometry/grow.js";
import { Mask } from "../../src/retoucher/editor/geometry/mask.js";
import { maskOf, random, randomMask, whole } from "./samples.js";

/** Whether a pixel of this value lies within the distance, by looking at all of them. */
function near(mask, x, y, value, reach) {
  for (let v = 0; v < mask.height; v++) {
    for (let u = 0; u < mask.width; u++) {
      if (mask.at(u, v) === value && (u - x) ** 2 + (v - y) ** 2 <= reach ** 2) return true;
    }
  }
  return false;
}

test("growing takes in exactly what is within the distance", () => {
  const next = random(11);
  for (let run = 0; run < 80; run++) {
    const mask = randomMask(next, 20);
    const reach = whole(next, 0, 9);
    const grown = maskOf(mask.width, mask.height, (x, y) => near(mask, x, y, 1, reach));
    assert.deepEqual(grow(mask, reach), grown);
  }
});

test("shrinking keeps exactly what is further than the distance from all that is kept", () => {
  const next = random(12);
  for (let run = 0; run < 80; run++) {
    const mask = randomMask(next, 20);
    const reach = whole(next, 1, 9);
    const shrunk = maskOf(mask.width, mask.height, (x, y) => mask.at(x, y) && !near(mask, x, y, 0, reach));
    assert.deepEqual(grow(mask, -reach), shrunk);
  }
});

test("distances around and above 255 pixels, where a byte ends, are as exact", () => {
  for (const reach of [254, 255, 256, 300]) {
    const [row, column] = [Mask.none(700, 3), Mask.none(3, 700)];
    row.data[5] = 1;
    column.data[3 * 5] = 1;
    assert.deepEqual(grow(row, reach).box(), { x: 0, y: 0, width: reach + 6, height: 3 });
    assert.deepEqual(grow(column, reach).box(), { x: 0, y: 0, width: 3, height: reach + 6 });
  }
});

test("the mask itself stays as it was, also where nothing is to do", () => {
  const mask = maskOf(9, 9, (x, y) => x === 4 && y === 4);
  const before = mask.copy();
  for (const pixels of [2, -2, 0]) assert.notEqual(grow(mask, pixels).data, mask.data);
  assert.deepEqual(mask, before);
  assert.equal(grow(mask, 0).area(), 1);
  assert.equal(grow(Mask.none(5, 5), 3).area(), 0);
});
