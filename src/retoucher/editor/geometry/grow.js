import { grown, within } from "./box.js";
import { Mask } from "./mask.js";

/** @import { Box } from "./box.js" */

/**
 * All that is within `pixels` (Euclidean, between pixel centres) of what may change.
 *
 * Negative shrinks: only what is further than that from all that is kept; the edge of the photo itself keeps nothing.
 * The same pixels as the library's `Mask.grow`.
 *
 * @param {Mask} mask
 * @param {number} pixels a whole number
 * @returns {Mask} a new one
 */
export function grow(mask, pixels) {
  const result = mask.copy();
  const reach = Math.abs(pixels);
  // Every kept pixel that is nearest to one in the box touches the box or is in it: shrinking needs a margin of 1.
  const region = within(grown(mask.box(), pixels > 0 ? reach : 1), mask.width, mask.height);
  if (region && reach > 0) spread(mask, result, region, pixels > 0 ? 1 : 0, reach);
  return result;
}

/**
 * Write `value` to all pixels of `result` in `region` that are within `reach` of a pixel of `mask` with that value.
 *
 * A pixel at vertical distance d from the nearest such pixel of its column brings in sqrt(reach² - d²) pixels to its
 * left and right. Only whole numbers are added, so that nothing is rounded.
 *
 * @param {Mask} mask
 * @param {Mask} result
 * @param {Box} region
 * @param {0 | 1} value
 * @param {number} reach
 */
function spread(mask, result, region, value, reach) {
  const { width, height } = region;
  const far = reach + 1;
  const distance = verticalDistance(mask, region, value, far);
  const half = Array.from({ length: far }, (_, d) => Math.floor(Math.sqrt(reach * reach - d * d)));
  const opened = new Int32Array(width + 1);
  for (let row = 0; row < height; row++) {
    const line = row * width;
    let some = false;
    for (let x = 0; x < width; x++) {
      const d = distance[line + x];
      if (d === far) continue;
      some = true;
      opened[Math.max(x - half[d], 0)]++;
      opened[Math.min(x + half[d] + 1, width)]--;
    }
    if (!some) continue;
    const target = (region.y + row) * result.width + region.x;
    for (let x = 0, open = 0; x < width; x++) {
      open += opened[x];
      if (open > 0) result.data[target + x] = value;
    }
    opened.fill(0);
  }
}

/**
 * Distance of each pixel of the region to the nearest pixel with `value` in its column, `far` at most.
 *
 * @param {Mask} mask
 * @param {Box} region
 * @param {0 | 1} value
 * @param {number} far
 */
function verticalDistance(mask, region, value, far) {
  const { width, height } = region;
  const distance = far < 256 ? new Uint8Array(width * height) : new Uint16Array(width * height);
  distance.fill(far, 0, width);
  for (let row = 0; row < height; row++) {
    const [line, above] = [row * width, Math.max(row - 1, 0) * width];
    const source = (region.y + row) * mask.width + region.x;
    for (let x = 0; x < width; x++) {
      const d = distance[above + x];
      distance[line + x] = mask.data[source + x] === value ? 0 : d < far ? d + 1 : far;
    }
  }
  for (let row = height - 2; row >= 0; row--) {
    const [line, below] = [row * width, (row + 1) * width];
    for (let x = 0; x < width; x++) {
      const d = distance[below + x] + 1;
      if (d < distance[line + x]) distance[line + x] = d;
    }
  }
  return distance;
}
