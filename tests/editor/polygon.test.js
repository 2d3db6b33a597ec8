import assert from "node:assert/strict";
import { test } from "node:test";

import { Mask } from "../../src/retoucher/editor/geometry/mask.js";
import { fillPolygon } from "../../src/retoucher/editor/geometry/polygon.js";
import { differOnlyIn, maskOf, random, randomMask, whole } from "./samples.js";

/** How often the closed line goes around a point: by the angles it is seen under. */
function winding(points, x, y) {
  let turn = 0;
  for (let i = 0; i < points.length; i++) {
    const [a, b] = [points[i], points[(i + 1) % points.length]];
    const [ax, ay, bx, by] = [a.x - x, a.y - y, b.x - x, b.y - y];
    turn += Math.atan2(ax * by - ay * bx, ax * bx + ay * by);
  }
  return Math.round(turn / (2 * Math.PI));
}

const star = (next, corners, size) =>
  Array.from({ length: corners }, () => ({ x: (next() * 1.6 - 0.3) * size, y: (next() * 1.6 - 0.3) * size }));

test("a polygon holds exactly the pixel centres that its line goes around, however it crosses itself", () => {
  const next = random(9);
  for (let run = 0; run < 120; run++) {
    const before = randomMask(next, 0, { width: whole(next, 1, 31), height: whole(next, 1, 31) });
    const points = star(next, whole(next, 3, 12), 30);
    const mask = before.copy();
    const value = run % 2;
    const box = fillPolygon(mask, points, value);
    const rule = (x, y) => (winding(points, x + 0.5, y + 0.5) !== 0 ? value : before.at(x, y));
    assert.deepEqual(mask, maskOf(mask.width, mask.height, rule));
    assert.ok(differOnlyIn(box, before, mask));
  }
});

test("a star of five points has no hole in its middle", () => {
  const points = Array.from({ length: 5 }, (_, i) => {
    const angle = (4 * Math.PI * i) / 5;
    return { x: 20 + 18 * Math.cos(angle), y: 20 + 18 * Math.sin(angle) };
  });
  const mask = Mask.none(40, 40);
  fillPolygon(mask, points, 1);
  assert.equal(mask.at(20, 20), 1);
});

test("triangles that share edges on pixel centres share no pixel and leave none out", () => {
  const next = random(10);
  for (let run = 0; run < 60; run++) {
    const corner = () => ({ x: whole(next, 0, 18) + 0.5, y: whole(next, 0, 18) + 0.5 });
    const [a, b, c] = [corner(), corner(), corner()];
    const middle = { x: whole(next, 0, 18) + 0.5, y: whole(next, 0, 18) + 0.5 };
    const side = (p, q, r) => Math.sign((q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x));
    const inside = [[a, b], [b, c], [c, a]].every(([p, q]) => side(p, q, middle) === side(a, b, c));
    if (!inside || side(a, b, c) === 0) continue;
    const area = (points) => {
      const mask = Mask.none(19, 19);
      fillPolygon(mask, points, 1);
      return mask.area();
    };
    assert.equal(area([a, b, middle]) + area([b, c, middle]) + area([c, a, middle]), area([a, b, c]));
  }
});

test("a rectangle of whole pixels is exactly these pixels, in either direction", () => {
  const corners = [{ x: 2, y: 3 }, { x: 9, y: 3 }, { x: 9, y: 8 }, { x: 2, y: 8 }];
  for (const points of [corners, corners.toReversed()]) {
    const mask = Mask.none(12, 10);
    assert.deepEqual(fillPolygon(mask, points, 1), { x: 2, y: 3, width: 7, height: 5 });
    assert.deepEqual(mask, maskOf(12, 10, (x, y) => x >= 2 && x < 9 && y >= 3 && y < 8));
  }
});

test("fewer than three points, a line and a polygon outside change nothing", () => {
  const mask = Mask.none(10, 10);
  const [a, b] = [{ x: 1, y: 1 }, { x: 8, y: 8 }];
  for (const points of [[], [a], [a, b]]) assert.equal(fillPolygon(mask, points, 1), null);
  fillPolygon(mask, [a, b, a], 1);
  assert.equal(fillPolygon(mask, [{ x: 20, y: 0 }, { x: 30, y: 0 }, { x: 30, y: 9 }], 1), null);
  assert.equal(mask.area(), 0);
});

test("a polygon far larger than the photo covers all of it", () => {
  const mask = Mask.none(10, 10);
  fillPolygon(mask, [{ x: -1e9, y: -1e9 }, { x: 1e9, y: -1e9 }, { x: 1e9, y: 1e9 }, { x: -1e9, y: 1e9 }], 1);
  assert.equal(mask.area(), 100);
});

test("points that are no numbers are refused", () => {
  const bad = [{ x: 0, y: 0 }, { x: NaN, y: 1 }, { x: 3, y: 3 }];
  assert.throws(() => fillPolygon(Mask.none(4, 4), bad, 1), /points that are numbers/);
});
