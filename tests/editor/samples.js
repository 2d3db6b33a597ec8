/** Random things that are the same in every run. */
import { Mask } from "../../src/retoucher/editor/geometry/mask.js";

/** Numbers in [0, 1) from a seed (the generator "mulberry32"). */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number from `low` to `high`, both possible. */
export const whole = (next, low, high) => low + Math.floor(next() * (high - low + 1));

/** A mask of random size; empty, full, sparse, dense or with patches. */
export function randomMask(next, largest = 40, size = null) {
  const mask = Mask.none(size?.width ?? whole(next, 1, largest), size?.height ?? whole(next, 1, largest));
  const share = [0, 1, 0.02, 0.5, 0.9][whole(next, 0, 4)];
  for (let i = 0; i < mask.data.length; i++) mask.data[i] = next() < share ? 1 : 0;
  if (next() < 0.3) mask.data.fill(1, whole(next, 0, mask.data.length), whole(next, 0, mask.data.length));
  return mask;
}

/** Every pixel of a mask made by a rule. */
export function maskOf(width, height, rule) {
  const mask = Mask.none(width, height);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) mask.data[y * width + x] = rule(x, y) ? 1 : 0;
  return mask;
}

/** Whether all pixels that differ lie in the box. */
export function differOnlyIn(box, before, after) {
  for (let i = 0; i < after.data.length; i++) {
    if (before.data[i] === after.data[i]) continue;
    const [x, y] = [i % after.width, Math.floor(i / after.width)];
    if (!box || x < box.x || y < box.y || x >= box.x + box.width || y >= box.y + box.height) return false;
  }
  return true;
}

/** A random box of whole pixels, some of it outside. */
export const randomBox = (next, size = 40) => ({
  x: whole(next, -5, size),
  y: whole(next, -5, size),
  width: whole(next, 1, size),
  height: whole(next, 1, size),
});
