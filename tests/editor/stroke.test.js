import assert from "node:assert/strict";
import { test } from "node:test";

import { Mask } from "../../src/retoucher/editor/geometry/mask.js";
import { drawSegment } from "../../src/retoucher/editor/geometry/stroke.js";
import { drawStroke } from "./reference.js";
import { differOnlyIn, maskOf, random, randomMask } from "./samples.js";

/** How far a point is inside (positive) the brush at the best place of its way: a search, as it falls off both ways. */
function depth(a, b, x, y) {
  const at = (t) => {
    const [px, py, radius] = [a.x + t * (b.x - a.x), a.y + t * (b.y - a.y), a.radius + t * (b.radius - a.radius)];
    return radius - Math.hypot(x - px, y - py);
  };
  let [low, high] = [0, 1];
  for (let i = 0; i < 50; i++) {
    const [first, second] = [low + (high - low) / 3, high - (high - low) / 3];
    if (at(first) < at(second)) low = first;
    else high = second;
  }
  return Math.max(at(low), at(0), at(1));
}

const sample = (next, size) => ({ x: (next() * 1.6 - 0.3) * size, y: (next() * 1.6 - 0.3) * size, radius: next() * 9 });

test("a tapering segment covers exactly the pixel centres that the brush covers somewhere on its way", () => {
  const next = random(6);
  for (let run = 0; run < 60; run++) {
    const [width, height] = [29, 24];
    const [a, b] = [sample(next, 25), sample(next, 25)];
    if (run % 4 === 0) b.radius = a.radius;
    if (run % 10 === 0) [b.x, b.y] = [a.x + next(), a.y]; // one disc holds the other
    const mask = Mask.none(width, height);
    const box = drawSegment(mask, a, b, 1);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const deep = depth(a, b, x + 0.5, y + 0.5);
        const sure = Math.abs(deep) > 1e-6;
        if (sure) assert.equal(mask.at(x, y), deep > 0 ? 1 : 0, `run ${run}, pixel ${x},${y}: ${deep}`);
      }
    }
    assert.ok(differOnlyIn(box, Mask.none(width, height), mask));
  }
});

test("a brush that grows as fast as it moves still covers its whole wider end", () => {
  const next = random(33);
  for (let run = 0; run < 300; run++) {
    const a = { x: next() * 30, y: next() * 30, radius: next() * 3 };
    const b = { x: next() * 400, y: next() * 400, radius: 0 };
    b.radius = a.radius + Math.hypot(b.x - a.x, b.y - a.y) * (1 - [0, 1e-16, 2e-16, 3e-16, 1e-14][run % 5]);
    const [mask, disc] = [Mask.none(40, 40), Mask.none(40, 40)];
    drawSegment(mask, a, b, 1);
    drawSegment(disc, b, b, 1);
    assert.ok(disc.data.every((value, i) => value <= mask.data[i]));
    assert.ok(mask.area() - disc.area() <= 2);
  }
});

test("one point draws a disc", () => {
  const mask = Mask.none(21, 21);
  const box = drawStroke(mask, [{ x: 10.5, y: 10.5, radius: 5 }], 1);
  assert.deepEqual(mask, maskOf(21, 21, (x, y) => (x - 10) ** 2 + (y - 10) ** 2 <= 25));
  assert.deepEqual(box, { x: 5, y: 5, width: 11, height: 11 });
});

test("a brush without width covers only the pixel centres on its way", () => {
  const mask = Mask.none(9, 9);
  drawSegment(mask, { x: 1.5, y: 2.5, radius: 0 }, { x: 6.5, y: 2.5, radius: 0 }, 1);
  assert.deepEqual(mask, maskOf(9, 9, (x, y) => y === 2 && x >= 1 && x <= 6));
});

test("a stroke is its segments, in either direction", () => {
  const next = random(7);
  for (let run = 0; run < 50; run++) {
    const points = Array.from({ length: 4 }, () => sample(next, 40));
    const [there, back, pieces] = [Mask.none(40, 40), Mask.none(40, 40), Mask.none(40, 40)];
    drawStroke(there, points, 1);
    drawStroke(back, points.toReversed(), 1);
    for (let i = 1; i < points.length; i++) drawSegment(pieces, points[i - 1], points[i], 1);
    assert.deepEqual(there, pieces);
    assert.deepEqual(there, back);
  }
});

test("erasing along a stroke takes away exactly what drawing it adds", () => {
  const next = random(8);
  for (let run = 0; run < 50; run++) {
    const before = randomMask(next);
    const points = [sample(next, 40), sample(next, 40)];
    const drawn = Mask.none(before.width, before.height);
    drawStroke(drawn, points, 1);
    const mask = before.copy();
    const box = drawStroke(mask, points, 0);
    assert.deepEqual(mask.data, before.data.map((value, i) => value & (1 - drawn.data[i])));
    assert.ok(differOnlyIn(box, before, mask));
  }
});

test("what lies outside the photo changes nothing", () => {
  const mask = Mask.none(20, 10);
  assert.equal(drawSegment(mask, { x: -30, y: -9, radius: 8 }, { x: 50, y: -9, radius: 8 }, 1), null);
  assert.equal(drawStroke(mask, [], 1), null);
  assert.equal(mask.area(), 0);
});

test("a stroke that is no stroke is refused", () => {
  const mask = Mask.none(4, 4);
  const good = { x: 1, y: 1, radius: 1 };
  for (const change of [{ x: NaN }, { y: Infinity }, { radius: -1 }, { x: 1e9 }, { radius: NaN }]) {
    const bad = { ...good, ...change };
    assert.throws(() => drawSegment(mask, good, bad, 1), /A stroke needs points/);
  }
  assert.equal(mask.area(), 0);
});
