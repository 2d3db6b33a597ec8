import assert from "node:assert/strict";
import { test } from "node:test";

import { Mask } from "../../src/retoucher/editor/geometry/mask.js";
import { Brush } from "../../src/retoucher/editor/tools.js";
import { drawStroke, smooth } from "./reference.js";
import { random, whole } from "./samples.js";

const WIDTH = 120;
const HEIGHT = 90;

/** As much of an editor as a brush needs. */
function editor(more = {}) {
  const settings = { get: (name) => ({ brush: 12, pressure: true })[name] };
  const made = { mask: Mask.none(WIDTH, HEIGHT), how: "add", tool: "brush", preview: null, settings, touched() {}, ...more };
  made.restoreMask = () => (made.mask = Mask.none(WIDTH, HEIGHT));
  return made;
}

const touch = (point) => ({ pressure: 1, shift: false, alt: false, eraser: false, ...point });

/** Press at the first place, move through the others in groups as a browser sends them, let go. */
function painted(place, points, next) {
  const steps = [];
  const brush = new Brush(place, (name) => steps.push(name));
  brush.down(points[0]);
  for (let i = 1; i < points.length; ) {
    const count = whole(next, 1, 4);
    brush.move(points.slice(i, i + count));
    i += count;
  }
  brush.up();
  return steps;
}

test("a stroke painted while the pointer moves is the smooth stroke through all its places", () => {
  const next = random(60);
  for (let run = 0; run < 60; run++) {
    const points = Array.from({ length: whole(next, 1, 12) }, () => touch({ x: next() * WIDTH, y: next() * HEIGHT, pressure: 0.2 + 0.8 * next() }));
    const place = editor();
    assert.deepEqual(painted(place, points, next), ["step.stroke"]);
    const wanted = Mask.none(WIDTH, HEIGHT);
    drawStroke(wanted, smooth(points.map(({ x, y, pressure }) => ({ x, y, radius: Math.max(0.5, 6 * pressure) }))), 1);
    assert.deepEqual(place.mask.data, wanted.data);
  }
});

test("Alt, the eraser and a pen's other end take away; Alt on the eraser adds", () => {
  const next = random(61);
  const line = [{ x: 20, y: 40 }, { x: 90, y: 40 }];
  for (const [more, tool, erases] of [[{ alt: true }, "brush", true], [{}, "eraser", true], [{ eraser: true }, "brush", true], [{ alt: true }, "eraser", false]]) {
    const place = editor({ tool });
    place.mask.data.fill(erases ? 1 : 0);
    const steps = painted(place, line.map((point) => touch({ ...point, ...more })), next);
    assert.deepEqual(steps, [erases ? "step.erase" : "step.stroke"]);
    assert.equal(place.mask.at(50, 40), erases ? 0 : 1);
    assert.equal(place.mask.at(50, 80), erases ? 1 : 0);
  }
});

test("an intersecting stroke keeps only what it covers", () => {
  const place = editor({ how: "intersect" });
  place.mask.data.fill(1);
  painted(place, [touch({ x: 20, y: 40 }), touch({ x: 90, y: 40 })], random(62));
  const wanted = Mask.none(WIDTH, HEIGHT);
  drawStroke(wanted, [{ x: 20, y: 40, radius: 6 }, { x: 90, y: 40, radius: 6 }], 1);
  assert.deepEqual(place.mask.data, wanted.data);
});

test("with Shift a straight line begins where the last stroke ended", () => {
  const place = editor();
  const brush = new Brush(place, () => {});
  brush.down(touch({ x: 20, y: 20 }));
  brush.up();
  brush.down(touch({ x: 100, y: 20, shift: true }));
  brush.up();
  assert.equal(place.mask.at(60, 20), 1);
});
