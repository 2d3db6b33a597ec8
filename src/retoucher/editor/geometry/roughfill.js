/**
 * A picture in straight (not premultiplied) RGBA, as a canvas gives it.
 *
 * @typedef {{data: Uint8ClampedArray, width: number, height: number}} Picture
 */

/**
 * A coarse level: premultiplied colour and opacity, 0…255, and which pixels are known, 0 or 1.
 *
 * @typedef {{width: number, height: number, colour: Float32Array, known: Uint8Array}} Level
 */

/**
 * A smooth first guess of what a hole may look like, to be shown at once until the real result is there.
 *
 * Push-pull (Gortler et al. 1996, "The Lumigraph", section 3.4): averages of what is known, level by level half the
 * size, until nothing is unknown; then back, each unknown pixel mixed from the four nearest of the coarser level.
 * Unlike there, a pixel is known or not, never in part: no difference is to be seen.
 *
 * @param {Picture} picture
 * @param {Uint8Array} hole width × height, 1 = to be filled
 * @returns {Uint8ClampedArray<ArrayBuffer>} RGBA; known pixels as they were; all as it was if none is known
 */
export function roughFill(picture, hole) {
  const result = new Uint8ClampedArray(picture.data);
  const levels = [firstLevel(picture, hole)];
  let coarse = levels[0];
  while (coarse.known.includes(0) && (coarse.width > 1 || coarse.height > 1)) {
    coarse = halved(coarse);
    levels.push(coarse);
  }
  if (coarse.known.includes(0)) return result;
  for (let i = levels.length - 2; i >= 0; i--) fillLevel(levels[i], levels[i + 1]);
  return fillPicture(result, picture, hole, levels[0]);
}

/** @param {number} width @param {number} height @returns {Level} */
function emptyLevel(width, height) {
  const pixels = width * height;
  return { width, height, colour: new Float32Array(4 * pixels), known: new Uint8Array(pixels) };
}

/**
 * The picture at half the size.
 *
 * @param {Picture} picture
 * @param {Uint8Array} hole
 */
function firstLevel({ data, width, height }, hole) {
  const level = emptyLevel((width + 1) >> 1, (height + 1) >> 1);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const pixel = y * width + x;
      if (hole[pixel]) continue;
      const [target, opacity] = [(y >> 1) * level.width + (x >> 1), data[4 * pixel + 3]];
      for (let c = 0; c < 3; c++) level.colour[4 * target + c] += (data[4 * pixel + c] * opacity) / 255;
      level.colour[4 * target + 3] += opacity;
      level.known[target]++;
    }
  }
  return averaged(level);
}

/** @param {Level} fine @returns {Level} */
function halved(fine) {
  const level = emptyLevel((fine.width + 1) >> 1, (fine.height + 1) >> 1);
  for (let y = 0; y < fine.height; y++) {
    for (let x = 0; x < fine.width; x++) {
      const pixel = y * fine.width + x;
      if (!fine.known[pixel]) continue;
      const target = (y >> 1) * level.width + (x >> 1);
      for (let c = 0; c < 4; c++) level.colour[4 * target + c] += fine.colour[4 * pixel + c];
      level.known[target]++;
    }
  }
  return averaged(level);
}

/**
 * Sums into averages. One known pixel of four makes a known one.
 *
 * @param {Level} level where `known` is still how many were added
 */
function averaged(level) {
  for (let i = 0; i < level.known.length; i++) {
    const count = level.known[i];
    if (count === 0) continue;
    for (let c = 4 * i; c < 4 * i + 4; c++) level.colour[c] /= count;
    level.known[i] = 1;
  }
  return level;
}

/**
 * Complete a level from the coarser one.
 *
 * @param {Level} level
 * @param {Level} coarse
 */
function fillLevel(level, coarse) {
  const mixed = new Float32Array(4);
  for (let y = 0; y < level.height; y++) {
    for (let x = 0; x < level.width; x++) {
      const pixel = y * level.width + x;
      if (level.known[pixel]) continue;
      mix(coarse, x, y, mixed);
      level.colour.set(mixed, 4 * pixel);
    }
  }
}

/**
 * @param {Uint8ClampedArray<ArrayBuffer>} result
 * @param {Picture} picture
 * @param {Uint8Array} hole
 * @param {Level} level
 */
function fillPicture(result, { width, height }, hole, level) {
  const mixed = new Float32Array(4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const pixel = y * width + x;
      if (!hole[pixel]) continue;
      mix(level, x, y, mixed);
      const opacity = mixed[3];
      for (let c = 0; c < 3; c++) result[4 * pixel + c] = opacity > 0 ? (mixed[c] * 255) / opacity : 0;
      result[4 * pixel + 3] = opacity;
    }
  }
  return result;
}

/**
 * The colour of a level at pixel (x, y) of the level twice as large: bilinear between pixel centres, 9:3:3:1.
 *
 * @param {Level} level
 * @param {number} x
 * @param {number} y
 * @param {Float32Array} mixed written: the four channels
 */
function mix({ width, height, colour }, x, y, mixed) {
  const [nearX, nearY] = [x >> 1, y >> 1];
  const farX = Math.min(Math.max(nearX + (x & 1 ? 1 : -1), 0), width - 1);
  const farY = Math.min(Math.max(nearY + (y & 1 ? 1 : -1), 0), height - 1);
  const [a, b] = [4 * (nearY * width + nearX), 4 * (nearY * width + farX)];
  const [c, d] = [4 * (farY * width + nearX), 4 * (farY * width + farX)];
  for (let i = 0; i < 4; i++) {
    mixed[i] = (9 * colour[a + i] + 3 * (colour[b + i] + colour[c + i]) + colour[d + i]) / 16;
  }
}
