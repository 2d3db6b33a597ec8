import assert from "node:assert/strict";
import { test } from "node:test";

import { Mask, clear, combine, fillRectangle, invert } from "../../src/retoucher/editor/geometry/mask.js";
import { differOnlyIn, maskOf, random, randomBox, randomMask } from "./samples.js";

test("area, box and single pixels are what a loop over all pixels finds, anywhere in the photo", () => {
  const next = random(2);
  for (let run = 0; run < 300; run++) {
    const mask = randomMask(next);
    const inside = next() < 0.5 ? randomBox(next) : { x: 0, y: 0, width: mask.width, height: mask.height };
    let [area, left, top, right, bottom] = [0, Infinity, Infinity, -1, -1];
    for (let y = inside.y; y < inside.y + inside.height; y++) {
      for (let x = inside.x; x < inside.x + inside.width; x++) {
        if (!mask.at(x, y)) continue;
        area++;
        [left, right] = [Math.min(left, x), Math.max(right, x)];
        [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
      }
    }
    assert.equal(mask.area(inside), area);
    const box = area ? { x: left, y: top, width: right - left + 1, height: bottom - top + 1 } : null;
    assert.deepEqual(mask.box(inside), box);
  }
});

test("nothing outside the photo may change", () => {
  const mask = maskOf(3, 2, () => true);
  for (const [x, y] of [[-1, 0], [3, 0], [0, -1], [0, 2]]) assert.equal(mask.at(x, y), 0);
  assert.equal(mask.area(), 6);
});

test("masks combine pixel by pixel, and the answer says where", () => {
  const rules = {
    add: (a, b) => a | b,
    subtract: (a, b) => a & (1 - b),
    intersect: (a, b) => a & b,
    replace: (a, b) => b,
  };
  const next = random(3);
  for (let run = 0; run < 200; run++) {
    const mask = randomMask(next);
    const other = randomMask(next, 0, mask);
    for (const [how, rule] of Object.entries(rules)) {
      const changed = mask.copy();
      const kept = other.copy();
      const box = combine(changed, other, how);
      assert.deepEqual(changed.data, mask.data.map((value, i) => rule(value, other.data[i])));
      assert.ok(differOnlyIn(box, mask, changed));
      assert.deepEqual(other.data, kept.data);
    }
  }
});

test("masks of two sizes do not combine", () => {
  assert.throws(() => combine(Mask.none(3, 2), Mask.none(2, 3), "add"), /3×2 and 2×3 do not combine/);
});

test("inverting twice changes nothing, and clearing leaves nothing", () => {
  const next = random(4);
  for (let run = 0; run < 50; run++) {
    const mask = randomMask(next);
    const before = mask.copy();
    invert(mask);
    assert.equal(mask.area(), mask.width * mask.height - before.area());
    invert(mask);
    assert.deepEqual(mask.data, before.data);
    assert.deepEqual(clear(mask), before.box());
    assert.equal(mask.area(), 0);
  }
});

test("a rectangle sets exactly its pixels in the photo, to either value", () => {
  const next = random(5);
  for (let run = 0; run < 200; run++) {
    const mask = randomMask(next);
    const before = mask.copy();
    const rectangle = randomBox(next);
    const value = run % 2;
    const box = fillRectangle(mask, rectangle, value);
    const { x: left, y: top, width, height } = rectangle;
    const inside = (x, y) => x >= left && y >= top && x < left + width && y < top + height;
    assert.deepEqual(mask, maskOf(mask.width, mask.height, (x, y) => (inside(x, y) ? value : before.at(x, y))));
    assert.ok(differOnlyIn(box, before, mask));
  }
});

test("a mask of the wrong number of bytes is refused", () => {
  assert.throws(() => new Mask(3, 2, new Uint8Array(5)), /3×2 needs 6 bytes, not 5/);
  assert.throws(() => Mask.none(0, 4), RangeError);
});
