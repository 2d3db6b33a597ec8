import assert from "node:assert/strict";
import { test } from "node:test";

import { boxOf, corners, fitted, flipped, gripAt, handles, isOutside, matrix, moved, scaled, scaledTo, toObject, toPainting, turned, turnedTo } from "../../src/retoucher/editor/geometry/placing.js";
import { random } from "./samples.js";

const PAINTING = { width: 400, height: 300 };
const SIZE = { width: 60, height: 40 };
const PLACE = { x: 200, y: 150, scale: 1, rotate: 0, flip: false };

const near = (a, b, by = 1e-9) => assert.ok(Math.hypot(a.x - b.x, a.y - b.y) <= by, `${JSON.stringify(a)} is not ${JSON.stringify(b)}`);

/** Places of every kind, the same in every run. */
function* places(count = 200) {
  const next = random(7);
  for (let i = 0; i < count; i++) yield { x: 400 * next(), y: 300 * next(), scale: 0.2 + 3 * next(), rotate: 360 * next() - 180, flip: next() < 0.5 };
}

test("the middle of the object lies where it is placed, however it is turned, scaled and flipped", () => {
  for (const place of places()) near(toPainting(place, SIZE, { x: 30, y: 20 }), place);
});

test("an object is flipped first, then scaled, then turned clockwise", () => {
  const right = { x: 60, y: 20 }; // the middle of its right edge
  near(toPainting(PLACE, SIZE, right), { x: 230, y: 150 });
  near(toPainting({ ...PLACE, scale: 2 }, SIZE, right), { x: 260, y: 150 });
  near(toPainting({ ...PLACE, rotate: 90 }, SIZE, right), { x: 200, y: 180 }); // down: clockwise
  near(toPainting({ ...PLACE, flip: true }, SIZE, right), { x: 170, y: 150 });
  near(toPainting({ ...PLACE, rotate: 90, flip: true }, SIZE, right), { x: 200, y: 120 });
});

test("the matrix is what canvases take", () => {
  for (const place of places(20)) {
    const [a, b, c, d, e, f] = matrix(place, SIZE);
    near(toPainting(place, SIZE, { x: 7, y: 3 }), { x: 7 * a + 3 * c + e, y: 7 * b + 3 * d + f });
  }
});

test("the way back from the painting ends where it began", () => {
  for (const place of places()) near(toObject(place, SIZE, toPainting(place, SIZE, { x: 11, y: 33 })), { x: 11, y: 33 }, 1e-6);
});

test("a box holds all of the object and no row more", () => {
  assert.deepEqual(boxOf(PLACE, SIZE), { x: 170, y: 130, width: 60, height: 40 });
  assert.deepEqual(boxOf({ ...PLACE, rotate: 90 }, { width: 64, height: 32 }), { x: 184, y: 118, width: 32, height: 64 });
  for (const place of places()) {
    const box = boxOf(place, SIZE);
    for (const { x, y } of corners(place, SIZE)) assert.ok(x >= box.x && y >= box.y && x <= box.x + box.width && y <= box.y + box.height);
  }
});

test("an object is outside once none of it lies on the painting", () => {
  assert.equal(isOutside({ ...PLACE, x: -30.5 }, SIZE, PAINTING), true);
  assert.equal(isOutside({ ...PLACE, x: -29 }, SIZE, PAINTING), false);
  assert.equal(isOutside({ ...PLACE, x: 430 }, SIZE, PAINTING), true);
});

test("an object begins in the middle, whole, and never larger than it is", () => {
  assert.deepEqual(fitted(SIZE, PAINTING), PLACE);
  const large = fitted({ width: 4000, height: 1000 }, PAINTING);
  assert.deepEqual([large.x, large.y, large.scale], [200, 150, 0.04]);
  const seen = fitted(SIZE, PAINTING, { x: 0, y: 0, width: 100, height: 100 });
  assert.deepEqual([seen.x, seen.y], [50, 50]);
  assert.ok(seen.scale * SIZE.width <= 40.001);
});

test("a drag moves by what the pointer moved", () => {
  const to = moved(PLACE, { x: 10, y: 10 }, { x: 25.26, y: 4 });
  assert.deepEqual([to.x, to.y], [215.3, 144]);
});

test("scaling by a corner leaves the corner across where it is", () => {
  for (const place of places()) {
    const before = corners(place, SIZE);
    for (let i = 0; i < 4; i++) {
      const out = { x: place.x + 1.5 * (before[i].x - place.x), y: place.y + 1.5 * (before[i].y - place.y) };
      const after = scaled(place, SIZE, PAINTING, before[i], out);
      assert.ok(Math.abs(after.scale / place.scale - 1.25) < 1e-3);
      near(corners(after, SIZE)[(i + 2) % 4], before[(i + 2) % 4], 0.12); // places are kept to a tenth of a pixel
    }
  }
});

test("a scale stays within limits: never gone, never endless", () => {
  assert.ok(scaledTo(PLACE, SIZE, PAINTING, -3).scale * 60 >= 3.99);
  assert.ok(scaledTo(PLACE, SIZE, PAINTING, 1e9).scale * 60 <= 8 * 400 + 1);
  assert.equal(scaledTo(PLACE, SIZE, PAINTING, NaN).scale, 1);
  assert.equal(scaledTo(PLACE, { width: 2, height: 2 }, PAINTING, 1).scale, 1); // smaller than the least: it may be as it is
});

test("turning follows the pointer around the middle, and snaps to 15 degrees", () => {
  const above = { x: 200, y: 100 };
  assert.equal(turned(PLACE, above, { x: 250, y: 150 }).rotate, 90);
  assert.equal(turned(PLACE, above, { x: 150, y: 150 }).rotate, -90);
  assert.equal(turned(PLACE, above, { x: 222, y: 100 }, true).rotate, 30);
  assert.equal(turned(PLACE, above, { x: 206, y: 100 }, true).rotate, 0);
});

test("an angle is written as more than -180 and at most 180 degrees", () => {
  assert.deepEqual([0, 180, -180, 200, -200, 540, 359.96, 720].map((angle) => turnedTo(PLACE, angle).rotate), [0, 180, 180, -160, 160, 180, 0, 0]);
});

test("flipping mirrors what is seen, turned or not", () => {
  for (const place of places()) {
    const before = toPainting(place, SIZE, { x: 5, y: 9 });
    const after = toPainting(flipped(place), SIZE, { x: 5, y: 9 });
    near(after, { x: 2 * place.x - before.x, y: before.y }, 0.1);
    assert.deepEqual(flipped(flipped({ ...place, rotate: 15 })), { ...place, rotate: 15 });
  }
});

test("a press takes the handle it is on, the object it is in, or nothing", () => {
  const large = { ...PLACE, scale: 4 };
  assert.equal(gripAt(large, SIZE, { x: 200, y: 150 }, 1), "move");
  assert.equal(gripAt(large, SIZE, { x: 318, y: 229 }, 1), "scale");
  assert.equal(gripAt(large, SIZE, { x: 335, y: 240 }, 1), "scale"); // within a finger's reach
  assert.equal(gripAt(large, SIZE, { x: 200, y: 36 }, 1), "turn");
  assert.equal(gripAt(large, SIZE, { x: 20, y: 20 }, 1), null);
  assert.equal(gripAt({ ...large, rotate: 90 }, SIZE, { x: 314, y: 150 }, 1), "turn"); // it turned with the object
});

test("a small object can be moved, and its handles can be told apart", () => {
  for (const zoom of [0.1, 1, 8]) {
    const small = { ...PLACE, scale: 4 / 60 };
    assert.equal(gripAt(small, SIZE, { x: 200, y: 150 }, zoom), "move");
    const { corners: ends, turn } = handles(small, SIZE, zoom);
    for (const end of ends) {
      assert.equal(gripAt(small, SIZE, end, zoom), "scale");
      assert.ok(Math.hypot(end.x - small.x, end.y - small.y) * zoom >= 35.9);
    }
    assert.equal(gripAt(small, SIZE, turn, zoom), "turn");
  }
});

test("the handle that turns is below where there is no room above", () => {
  assert.ok(handles(PLACE, SIZE, 1).turn.y < 130);
  const { turn, stem } = handles(PLACE, SIZE, 1, 120);
  assert.ok(turn.y > 170);
  near(stem, { x: 200, y: 170 });
});
