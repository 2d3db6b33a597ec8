import assert from "node:assert/strict";
import { test } from "node:test";

import { asOption, faceUnder } from "../../src/retoucher/editor/geometry/facebox.js";
import { axisOf, dragged, holdAt, holds, mirrored } from "../../src/retoucher/editor/geometry/mirror.js";
import { random } from "./samples.js";

const near = (a, b, by = 1e-9) => assert.ok(Math.hypot(a.x - b.x, a.y - b.y) <= by, `${JSON.stringify(a)} is not ${JSON.stringify(b)}`);
const PHOTO = { width: 400, height: 300 };
const BOX = { x: 100, y: 50, width: 80, height: 100 };

test("twice mirrored is as before; what lies on the line stays", () => {
  const next = random(11);
  const at = () => ({ x: 400 * next(), y: 300 * next() });
  for (let round = 0; round < 100; round++) {
    const axis = { from: at(), to: at() };
    const point = at();
    near(mirrored(axis, mirrored(axis, point)), point, 1e-6);
    near(mirrored(axis, holds(axis).middle), holds(axis).middle, 1e-6);
  }
});

test("the rest of a place is kept: pressure and radius", () => {
  const axis = axisOf(null, PHOTO);
  assert.deepEqual(mirrored(axis, { x: 150, y: 20, radius: 4 }), { x: 250, y: 20, radius: 4 });
});

test("the middle line goes between the eyes and square to them, so that each eye is the other's mirror image", () => {
  const next = random(12);
  for (let round = 0; round < 50; round++) {
    const left = { x: 110 + 10 * next(), y: 80 + 30 * next() };
    const right = { x: 150 + 10 * next(), y: 80 + 30 * next() };
    const axis = axisOf({ box: BOX, eyes: [left, right] }, PHOTO);
    near(mirrored(axis, left), right, 1e-6);
    assert.deepEqual([axis.from.y, axis.to.y], [50, 150]);
  }
});

test("without eyes it is the box's middle, without a face the photo's", () => {
  assert.deepEqual(axisOf({ box: BOX, eyes: null }, PHOTO), { from: { x: 140, y: 50 }, to: { x: 140, y: 150 } });
  assert.equal(axisOf(null, PHOTO).from.x, 200);
});

test("its middle moves it, its ends turn it, and it never shrinks to a point", () => {
  const axis = axisOf(null, PHOTO);
  assert.deepEqual(dragged(axis, "middle", { x: 10, y: 0 }), { from: { x: 210, y: 0 }, to: { x: 210, y: 300 } });
  assert.deepEqual(dragged(axis, "from", { x: 10, y: 0 }), { from: { x: 210, y: 0 }, to: { x: 200, y: 300 } });
  assert.equal(dragged(axis, "from", { x: 0, y: 300 }), axis);
});

test("handles take hold within some pixels of the screen, at every zoom", () => {
  const axis = axisOf(null, PHOTO);
  assert.equal(holdAt(axis, { x: 205, y: 150 }, 1), "middle");
  assert.equal(holdAt(axis, { x: 205, y: 150 }, 3), null);
  assert.equal(holdAt(axis, { x: 205, y: 298 }, 1), "to");
  assert.equal(holdAt(axis, { x: 220, y: 150 }, 1), null);
  assert.equal(holdAt(axis, { x: 220, y: 150 }, 1, 22), "middle");
});

test("of several faces it is the one under the mask, else the nearest, else the largest", () => {
  const faces = [BOX, { x: 250, y: 50, width: 60, height: 60 }].map((box) => ({ box }));
  assert.equal(faceUnder(faces, null), faces[0]);
  assert.equal(faceUnder(faces, { x: 170, y: 60, width: 120, height: 20 }), faces[1]);
  assert.equal(faceUnder(faces, { x: 330, y: 60, width: 10, height: 10 }), faces[1]);
  assert.equal(faceUnder(faces, { x: 10, y: 60, width: 10, height: 10 }), faces[0]);
  assert.equal(faceUnder([], null), null);
  assert.equal(asOption({ x: 1.4, y: 2.6, width: 30, height: 40 }), "1,3,30,40");
});
