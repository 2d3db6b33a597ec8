import assert from "node:assert/strict";
import { test } from "node:test";

import { grown, intersection, union, within } from "../../src/retoucher/editor/geometry/box.js";
import { random, randomBox } from "./samples.js";

const holds = (box, x, y) =>
  box !== null && x >= box.x && x < box.x + box.width && y >= box.y && y < box.y + box.height;

test("an intersection holds exactly the pixels of both boxes, a union at least those of either", () => {
  const next = random(1);
  for (let run = 0; run < 200; run++) {
    const [a, b] = [randomBox(next, 12), randomBox(next, 12)];
    const [both, either] = [intersection(a, b), union(a, b)];
    for (let y = -6; y < 26; y++) {
      for (let x = -6; x < 26; x++) {
        assert.equal(holds(both, x, y), holds(a, x, y) && holds(b, x, y));
        assert.ok(holds(either, x, y) || !(holds(a, x, y) || holds(b, x, y)));
      }
    }
  }
});

test("a union is the smallest box", () => {
  const [a, b] = [{ x: 1, y: 2, width: 3, height: 4 }, { x: -1, y: 5, width: 1, height: 9 }];
  assert.deepEqual(union(a, b), { x: -1, y: 2, width: 5, height: 12 });
});

test("nothing is taken and given as null", () => {
  const box = { x: 0, y: 0, width: 2, height: 2 };
  assert.equal(union(null, null), null);
  assert.equal(union(box, null), box);
  assert.equal(union(null, box), box);
  assert.equal(intersection(box, null), null);
  assert.equal(intersection(box, { x: 2, y: 0, width: 1, height: 1 }), null);
  assert.equal(grown(null, 3), null);
  assert.equal(grown({ ...box, width: 9 }, -1), null);
  assert.equal(grown({ ...box, height: 9 }, -1), null);
  assert.equal(within(null, 5, 5), null);
});

test("growing adds the margin on every side, and a photo cuts it off", () => {
  const box = grown({ x: 1, y: 2, width: 3, height: 4 }, 3);
  assert.deepEqual(box, { x: -2, y: -1, width: 9, height: 10 });
  assert.deepEqual(within(box, 5, 4), { x: 0, y: 0, width: 5, height: 4 });
  assert.deepEqual(grown(box, -3), { x: 1, y: 2, width: 3, height: 4 });
});
