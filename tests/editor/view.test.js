import assert from "node:assert/strict";
import { test } from "node:test";

import * as all from "../../src/retoucher/editor/geometry/view.js";
import { random } from "./samples.js";

const { View, actual, clamped, fit, pan, pinch, toPhoto, toScreen, visible, zoomAt } = all;
const photo = { width: 4000, height: 3000 };
const screen = { width: 900, height: 700 };

const close = (a, b) => assert.ok(Math.hypot(a.x - b.x, a.y - b.y) <= 1e-6, `${a.x},${a.y} ≠ ${b.x},${b.y}`);
const randomView = (next) => new View(0.05 * 640 ** next(), next() * 4000, next() * 3000);
const randomPoint = (next) => ({ x: next() * screen.width, y: next() * screen.height });

test("screen and photo points are each other's inverse", () => {
  const next = random(20);
  for (let run = 0; run < 200; run++) {
    const [view, point] = [randomView(next), randomPoint(next)];
    close(toScreen(view, toPhoto(view, point)), point);
  }
});

test("zooming keeps the photo's point under the pointer and stays from 5 % to 3200 %", () => {
  const next = random(21);
  for (let run = 0; run < 500; run++) {
    const [view, point] = [randomView(next), randomPoint(next)];
    const zoomed = zoomAt(view, 100 ** (2 * next() - 1), point);
    close(toPhoto(zoomed, point), toPhoto(view, point));
    assert.ok(zoomed.scale >= 0.05 && zoomed.scale <= 32);
  }
});

test("zooming in and out again comes back", () => {
  const view = new View(1, 120, 45);
  const back = zoomAt(zoomAt(view, 1.5, { x: 300, y: 200 }), 1 / 1.5, { x: 300, y: 200 });
  assert.ok(Math.abs(back.scale - 1) < 1e-12);
  close(back, view);
});

test("a whole photo fits in the middle with the margin around it", () => {
  const sizes = [[4000, 3000], [3000, 4000], [50, 50], [5, 9], [30_000, 200]];
  for (const [width, height] of sizes) {
    const size = { width, height };
    const view = fit(size, screen, 20);
    const [start, end] = [toScreen(view, { x: 0, y: 0 }), toScreen(view, { x: size.width, y: size.height })];
    close({ x: start.x + end.x, y: start.y + end.y }, { x: screen.width, y: screen.height });
    assert.ok(start.x >= 20 - 1e-6 && start.y >= 20 - 1e-6);
    assert.ok(view.scale === 32 || Math.min(start.x, start.y) < 20 + 1e-6);
  }
});

test("a photo too large to fit at 5 % is fitted all the same, and zooming goes on from there without a jump", () => {
  const view = fit({ width: 90_000, height: 90_000 }, screen, 0);
  assert.ok(view.scale < 0.05);
  assert.equal(zoomAt(view, 0.5, { x: 9, y: 9 }).scale, view.scale);
  assert.ok(Math.abs(zoomAt(view, 1.1, { x: 9, y: 9 }).scale - view.scale * 1.1) < 1e-12);
});

test("100 % makes a photo pixel a pixel of the display and keeps the centre", () => {
  const next = random(22);
  const centre = { x: screen.width / 2, y: screen.height / 2 };
  assert.equal(actual(new View(3, 0, 0), screen).scale, 1);
  for (const ratio of [1, 1.25, 2, 3]) {
    const view = randomView(next);
    const now = actual(view, screen, ratio);
    assert.ok(Math.abs(now.scale * ratio - 1) < 1e-12);
    close(toPhoto(now, centre), toPhoto(view, centre));
  }
});

test("panning moves the photo with the pointer", () => {
  const next = random(23);
  for (let run = 0; run < 100; run++) {
    const [view, point] = [randomView(next), randomPoint(next)];
    close(toScreen(pan(view, 31, -17), toPhoto(view, point)), { x: point.x + 31, y: point.y - 17 });
  }
});

test("two fingers keep what is between them between them", () => {
  const next = random(24);
  const middle = (a, b) => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
  for (let run = 0; run < 200; run++) {
    const view = new View(1, next() * 4000, next() * 3000);
    const [a, b, c, d] = [0, 0, 0, 0].map(() => randomPoint(next));
    const pinched = pinch(view, a, b, c, d);
    close(toPhoto(pinched, middle(c, d)), toPhoto(view, middle(a, b)));
    const growth = Math.hypot(c.x - d.x, c.y - d.y) / Math.max(Math.hypot(a.x - b.x, a.y - b.y), 1);
    assert.ok(Math.abs(pinched.scale - Math.min(Math.max(growth, 0.05), 32)) < 1e-9);
  }
});

test("two fingers that only move along together leave each photo point under its finger", () => {
  const [a, b] = [{ x: 100, y: 100 }, { x: 300, y: 250 }];
  const view = new View(2, 10, 20);
  const after = pinch(view, a, b, { x: 140, y: 90 }, { x: 340, y: 240 });
  close(toPhoto(after, { x: 140, y: 90 }), toPhoto(view, a));
  close(toPhoto(after, { x: 340, y: 240 }), toPhoto(view, b));
});

test("the photo never leaves the screen, and a view where it does not is left alone", () => {
  const next = random(25);
  for (let run = 0; run < 300; run++) {
    const view = new View(0.05 * 640 ** next(), (next() - 0.5) * 20_000, (next() - 0.5) * 20_000);
    const now = clamped(view, photo, screen);
    const [start, end] = [toScreen(now, { x: 0, y: 0 }), toScreen(now, { x: photo.width, y: photo.height })];
    assert.ok(end.x >= 64 - 1e-6 && end.y >= 64 - 1e-6);
    assert.ok(start.x <= screen.width - 64 + 1e-6 && start.y <= screen.height - 64 + 1e-6);
    assert.notEqual(visible(now, photo, screen), null);
    assert.equal(clamped(now, photo, screen).scale, view.scale);
  }
  const fitted = fit(photo, screen, 10);
  assert.equal(clamped(fitted, photo, screen), fitted);
});

test("a photo smaller than what stays in sight stays on the screen as a whole", () => {
  const small = { width: 20, height: 10 };
  const low = clamped(new View(2, 5000, -5000), small, screen);
  assert.deepEqual(toScreen(low, { x: 0, y: 0 }), { x: 0, y: screen.height - 20 });
  const high = clamped(new View(2, -5000, 5000), small, screen);
  assert.deepEqual(toScreen(high, { x: 20, y: 0 }), { x: screen.width, y: 0 });
});

test("visible is the smallest box of whole photo pixels that covers the screen", () => {
  assert.deepEqual(visible(new View(2, 10.5, 20.75), photo, screen), { x: 10, y: 20, width: 451, height: 351 });
  assert.deepEqual(visible(new View(0.1, -500, -400), photo, screen), { x: 0, y: 0, ...photo });
  assert.equal(visible(new View(1, 5000, 0), photo, screen), null);
});

test("a view cannot be written", () => {
  assert.throws(() => {
    new View(1, 0, 0).scale = 2;
  }, TypeError);
});

test("a snapped view lies on device pixels, less than one away from where it was", () => {
  const next = random(70);
  for (let run = 0; run < 200; run++) {
    const [view, ratio] = [randomView(next), 1 + Math.floor(3 * next()) / 2];
    const size = view.scale * ratio;
    const moved = all.snapped(view, ratio);
    assert.equal(moved.scale, view.scale);
    for (const axis of ["x", "y"]) {
      assert.ok(Math.abs(moved[axis] * size - Math.round(moved[axis] * size)) < 1e-6);
      assert.ok(Math.abs(moved[axis] - view[axis]) * size <= 0.5 + 1e-6);
    }
  }
});
