import assert from "node:assert/strict";
import { test } from "node:test";

import { boundsOf, drawLine, lengthOf, lineOf, pushed, spaced, wiped } from "../../src/retoucher/editor/geometry/lines.js";
import { Mask } from "../../src/retoucher/editor/geometry/mask.js";
import { drawSegment } from "../../src/retoucher/editor/geometry/stroke.js";
import { random } from "./samples.js";

const straight = (y = 50, width = 2) => lineOf([{ x: 10, y }, { x: 90, y }], width, 2);
const pointsOf = ({ points }) => Array.from({ length: points.length / 2 }, (_, i) => ({ x: points[2 * i], y: points[2 * i + 1] }));
const total = (lines) => lines.reduce((sum, { points }) => sum + lengthOf(points), 0);

test("points lie at even distances, and both ends stay", () => {
  const next = random(5);
  for (let round = 0; round < 100; round++) {
    const way = Float32Array.from({ length: 2 * (2 + Math.floor(20 * next())) }, () => 100 * next());
    const made = spaced(way, 3);
    assert.deepEqual([...made.subarray(0, 2), ...made.subarray(-2)], [...way.subarray(0, 2), ...way.subarray(-2)]);
    const pieces = made.length / 2 - 1;
    assert.equal(pieces, Math.max(1, Math.round(lengthOf(way) / 3)));
    for (let i = 2; i < made.length; i += 2) assert.ok(Math.hypot(made[i] - made[i - 2], made[i + 1] - made[i - 1]) <= lengthOf(way) / pieces + 1e-3);
  }
});

test("one place is a dot, as wide as the pen", () => {
  const mask = Mask.none(20, 20);
  drawLine(mask, lineOf([{ x: 10, y: 10 }], 4, 2));
  assert.equal(mask.area(), 12);
  assert.deepEqual(mask.box(), { x: 8, y: 8, width: 4, height: 4 });
});

test("a straight line covers the pixels that a stroke of the mask covers", () => {
  const [line, stroke] = [Mask.none(100, 100), Mask.none(100, 100)];
  drawLine(line, straight(50.3, 3));
  drawSegment(stroke, { x: 10, y: 50.3, radius: 1.5 }, { x: 90, y: 50.3, radius: 1.5 }, 1);
  const differing = line.data.reduce((sum, value, i) => sum + (value ^ stroke.data[i]), 0);
  assert.ok(differing <= 2, `${differing} pixels differ`);
});

test("what lies under the fingertip goes along, what lies a radius away stays, and nothing is torn", () => {
  const line = straight();
  const [now] = pushed([line], { x: 50, y: 50 }, { x: 50, y: 60 }, 20);
  const far = pointsOf(now).filter(({ x }) => Math.abs(x - 50) >= 20);
  assert.ok(far.every(({ y }) => y === 50));
  const nearest = pointsOf(now).toSorted((a, b) => Math.abs(a.x - 50) - Math.abs(b.x - 50))[0];
  assert.ok(nearest.y > 59, `${nearest.y}`);
  const steps = pointsOf(now).slice(1).map(({ x, y }, i) => Math.hypot(x - pointsOf(now)[i].x, y - pointsOf(now)[i].y));
  assert.ok(Math.max(...steps) < 6);
});

test("lines out of reach are the very same, and so is the list where none is reached", () => {
  const lines = [straight(20), straight(80)];
  const bent = pushed(lines, { x: 50, y: 22 }, { x: 50, y: 30 }, 10);
  assert.notEqual(bent[0], lines[0]);
  assert.equal(bent[1], lines[1]);
  assert.equal(pushed(lines, { x: 50, y: 50 }, { x: 55, y: 50 }, 10), lines);
  assert.equal(wiped(lines, { x: 50, y: 50 }, { x: 55, y: 50 }, 10), lines);
});

test("an eraser across a line makes two of it, as far apart as it is wide", () => {
  const parts = wiped([straight()], { x: 50, y: 20 }, { x: 50, y: 80 }, 5);
  assert.equal(parts.length, 2);
  const [left, right] = parts.map(boundsOf);
  assert.ok(Math.abs(left.x + left.width - 45) <= 2 && Math.abs(right.x - 55) <= 2, JSON.stringify([left, right]));
  assert.ok(Math.abs(total(parts) - 70) < 2.5);
});

test("an eraser along a line leaves nothing of it, and no eraser adds any", () => {
  assert.deepEqual(wiped([straight()], { x: 5, y: 50 }, { x: 95, y: 50 }, 4), []);
  const next = random(9);
  const at = () => ({ x: 100 * next(), y: 100 * next() });
  for (let round = 0; round < 100; round++) {
    const lines = [lineOf([at(), at(), at()], 2, 2), lineOf([at(), at()], 2, 2)];
    const left = wiped(lines, at(), at(), 1 + 20 * next());
    assert.ok(total(left) <= total(lines) + 1e-2);
  }
});

test("an erased dot is gone", () => {
  assert.deepEqual(wiped([lineOf([{ x: 10, y: 10 }], 2, 2)], { x: 11, y: 10 }, { x: 11, y: 10 }, 3), []);
});
