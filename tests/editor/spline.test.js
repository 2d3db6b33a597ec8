import assert from "node:assert/strict";
import { test } from "node:test";

import { bend } from "../../src/retoucher/editor/geometry/spline.js";
import { smooth } from "./reference.js";
import { random, whole } from "./samples.js";

const samples = (next, count) =>
  Array.from({ length: count }, () => ({ x: next() * 500, y: next() * 500, radius: 1 + next() * 20 }));

test("a smooth line starts and ends exactly where the pointer did", () => {
  const next = random(29);
  for (let run = 0; run < 100; run++) {
    const points = samples(next, whole(next, 1, 9));
    const line = smooth(points);
    assert.deepEqual(line[0], points[0]);
    assert.deepEqual(line.at(-1), points.at(-1));
  }
  assert.deepEqual(smooth([]), []);
});

test("the polyline lies within a twentieth of a pixel of the curve", () => {
  const next = random(30);
  for (let run = 0; run < 50; run++) {
    const [before, at, after] = samples(next, 3);
    const from = { x: (before.x + at.x) / 2, y: (before.y + at.y) / 2 };
    const to = { x: (at.x + after.x) / 2, y: (at.y + after.y) / 2 };
    const line = [from, ...bend(before, at, after)];
    for (let i = 0; i <= 200; i++) {
      const t = i / 200;
      const point = (axis) => (1 - t) ** 2 * from[axis] + 2 * t * (1 - t) * at[axis] + t * t * to[axis];
      const off = line.slice(1).map((end, j) => distance(point("x"), point("y"), line[j], end));
      assert.ok(Math.min(...off) <= 0.05 + 1e-9);
    }
  }
});

function distance(x, y, a, b) {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const t = Math.min(Math.max(((x - a.x) * dx + (y - a.y) * dy) / Math.max(dx * dx + dy * dy, 1e-12), 0), 1);
  return Math.hypot(x - a.x - t * dx, y - a.y - t * dy);
}

test("samples on a straight line stay on it, between their ends, with radii between theirs", () => {
  const points = [0, 3, 4, 10].map((t) => ({ x: 2 + 3 * t, y: 1 + t, radius: 1 + t }));
  for (const { x, y, radius } of smooth(points)) {
    assert.ok(Math.abs(x - 2 - 3 * (y - 1)) < 1e-9);
    assert.ok(x >= 2 && x <= 32 && radius >= 1 && radius <= 11);
  }
});

test("a straight line of samples needs one point between two samples and no more", () => {
  const points = [0, 1, 2, 3, 4, 5].map((t) => ({ x: 40 * t, y: 300 - 9 * t, radius: 3 }));
  assert.equal(smooth(points).length, points.length + 1);
});

test("what was drawn stays as it was when the pointer goes on", () => {
  const points = samples(random(31), 12);
  const drawn = smooth(points.slice(0, 8)).slice(0, -1);
  assert.deepEqual(smooth(points).slice(0, drawn.length), drawn);
});
