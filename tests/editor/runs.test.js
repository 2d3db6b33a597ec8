import assert from "node:assert/strict";
import { test } from "node:test";

import * as all from "../../src/retoucher/editor/geometry/runs.js";
import { Mask, combine } from "../../src/retoucher/editor/geometry/mask.js";
import { maskOf, random, randomMask } from "./samples.js";

const { decodeRuns, encodeRuns, runsArea, runsBox, sameRuns, subtractRuns, unionRuns } = all;

test("runs give back the same mask, its area and its box", () => {
  const next = random(13);
  for (let run = 0; run < 300; run++) {
    const mask = randomMask(next, 60);
    const runs = encodeRuns(mask);
    assert.deepEqual(decodeRuns(runs), mask);
    assert.equal(runsArea(runs), mask.area());
    assert.deepEqual(runsBox(runs), mask.box());
    assert.ok(runs.runs.subarray(1).every((length) => length > 0));
  }
});

test("runs are joined and subtracted as masks are, and come out as if they were encoded anew", () => {
  const next = random(14);
  for (let run = 0; run < 300; run++) {
    const a = randomMask(next);
    const b = randomMask(next, 0, a);
    for (const [join, how] of [[unionRuns, "add"], [subtractRuns, "subtract"]]) {
      const mask = a.copy();
      combine(mask, b, how);
      assert.deepEqual(join(encodeRuns(a), encodeRuns(b)), encodeRuns(mask));
    }
  }
});

test("runs are the same exactly where the masks are", () => {
  const next = random(15);
  for (let run = 0; run < 100; run++) {
    const mask = randomMask(next);
    const other = mask.copy();
    assert.ok(sameRuns(encodeRuns(mask), encodeRuns(other)));
    other.data[Math.floor(next() * other.data.length)] ^= 1;
    assert.ok(!sameRuns(encodeRuns(mask), encodeRuns(other)));
  }
  assert.ok(!sameRuns(encodeRuns(Mask.none(2, 3)), encodeRuns(Mask.none(3, 2))));
});

test("a disc in 24 megapixels takes less than 10 kB", () => {
  const mask = maskOf(6000, 4000, (x, y) => (x - 3000) ** 2 + (y - 2000) ** 2 < 500 ** 2);
  assert.ok(encodeRuns(mask).runs.byteLength < 10_000);
});

test("runs of two sizes do not combine", () => {
  assert.throws(() => unionRuns(encodeRuns(Mask.none(3, 2)), encodeRuns(Mask.none(2, 3))), /3×2 and 2×3/);
});
