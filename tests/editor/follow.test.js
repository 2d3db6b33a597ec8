import assert from "node:assert/strict";
import { test } from "node:test";

import { followed } from "../../src/retoucher/editor/geometry/follow.js";
import { drawLine, lengthOf } from "../../src/retoucher/editor/geometry/lines.js";
import { Mask } from "../../src/retoucher/editor/geometry/mask.js";
import { drawSegment } from "../../src/retoucher/editor/geometry/stroke.js";
import { maskOf, random } from "./samples.js";

const HOW = { width: 2, spacing: 2, least: 5 };

/** Straight strokes on nothing. */
function drawn(strokes, width = 2, size = 120) {
  const mask = Mask.none(size, size);
  for (const [x0, y0, x1, y1] of strokes) drawSegment(mask, { x: x0, y: y0, radius: width / 2 }, { x: x1, y: y1, radius: width / 2 }, 1);
  return mask;
}

test("a line comes back as one way from end to end, whatever its width", () => {
  for (const width of [1, 2, 3, 5, 9]) {
    const lines = followed(drawn([[20, 30, 100, 70]], width), HOW);
    assert.equal(lines.length, 1, `width ${width}`);
    const ends = [lines[0].points.slice(0, 2), lines[0].points.slice(-2)].sort((a, b) => a[0] - b[0]);
    assert.ok(Math.hypot(ends[0][0] - 20, ends[0][1] - 30) <= width + 1 && Math.hypot(ends[1][0] - 100, ends[1][1] - 70) <= width + 1, `width ${width}: ${ends}`);
    assert.ok(lines[0].traced);
  }
});

test("a crossing makes four ways, a ring one that closes", () => {
  assert.equal(followed(drawn([[20, 20, 100, 100], [20, 100, 100, 20]]), HOW).length, 4);
  const ring = maskOf(80, 80, (x, y) => Math.abs(Math.hypot(x - 40, y - 40) - 25) < 1);
  const lines = followed(ring, HOW);
  const length = lines.reduce((sum, { points }) => sum + lengthOf(points), 0);
  assert.ok(lines.length <= 2 && Math.abs(length - 2 * Math.PI * 25) < 12, `${lines.length} of ${length}`);
});

test("what is drawn again covers nine tenths of what was followed, and nothing beside it", () => {
  const next = random(3);
  for (let round = 0; round < 30; round++) {
    const at = () => 10 + 100 * next();
    const mask = drawn(Array.from({ length: 3 }, () => [at(), at(), at(), at()]));
    const again = Mask.none(120, 120);
    for (const line of followed(mask, { ...HOW, least: 2 })) drawLine(again, { ...line, width: 5 });
    const lost = mask.data.reduce((sum, value, i) => sum + (value && !again.data[i] ? 1 : 0), 0);
    assert.ok(lost <= 0.1 * mask.area(), `${lost} of ${mask.area()}`);
    const thin = Mask.none(120, 120);
    for (const line of followed(mask, HOW)) drawLine(thin, { ...line, width: 1 });
    const wide = Mask.none(120, 120);
    for (let i = 0; i < mask.data.length; i++) if (mask.data[i]) drawSegment(wide, { x: (i % 120) + 0.5, y: Math.floor(i / 120) + 0.5, radius: 1.6 }, { x: (i % 120) + 0.5, y: Math.floor(i / 120) + 0.5, radius: 1.6 }, 1);
    assert.equal(thin.data.some((value, i) => value && !wide.data[i]), false);
  }
});

test("wide lines of a large picture are followed coarsely, in the same places", () => {
  const [line] = followed(drawn([[100, 150, 700, 550]], 8, 800), { ...HOW, coarse: 5 });
  const ends = [line.points.slice(0, 2), line.points.slice(-2)].sort((a, b) => a[0] - b[0]);
  assert.ok(Math.hypot(ends[0][0] - 100, ends[0][1] - 150) < 15 && Math.hypot(ends[1][0] - 700, ends[1][1] - 550) < 15);
  for (let i = 0; i < line.points.length; i += 2) assert.ok(Math.abs(line.points[i + 1] - 150 - ((line.points[i] - 100) * 2) / 3) < 6);
});

test("specks are left out, and nothing is found in nothing", () => {
  assert.deepEqual(followed(drawn([[20, 20, 22, 20]]), HOW), []);
  assert.deepEqual(followed(Mask.none(30, 30), HOW), []);
});

test("lines that touch the photo's edge are followed to it", () => {
  const [line] = followed(drawn([[0, 60, 119, 60]], 1), HOW);
  assert.ok(lengthOf(line.points) > 115);
});
