import { within } from "./box.js";

/** @import { Box, Point, Size } from "./box.js" */

/** Screen pixels (CSS) per photo pixel: 5 % to 3200 %. */
export const SMALLEST = 0.05;
export const LARGEST = 32;

/** Screen pixels of the photo that always stay in sight. */
const IN_SIGHT = 64;

/**
 * Which part of the photo the screen shows: screen = (photo - {x, y}) * scale. Screen points are CSS pixels from the
 * top left of the canvas. Never changed, only replaced.
 */
export class View {
  /**
   * @param {number} scale
   * @param {number} x the photo's point at the top left of the screen
   * @param {number} y
   */
  constructor(scale, x, y) {
    this.scale = scale;
    this.x = x;
    this.y = y;
    Object.freeze(this);
  }
}

/**
 * The whole photo, in the middle of the screen, with a margin in screen pixels. A photo so large that it does not fit
 * at `SMALLEST` is shown smaller still.
 *
 * @param {Size} photo
 * @param {Size} screen
 * @param {number} [margin]
 */
export function fit(photo, screen, margin = 0) {
  const width = Math.max(screen.width - 2 * margin, 1);
  const height = Math.max(screen.height - 2 * margin, 1);
  const scale = Math.min(width / photo.width, height / photo.height, LARGEST);
  return new View(scale, (photo.width - screen.width / scale) / 2, (photo.height - screen.height / scale) / 2);
}

/** CSS pixels around a photo that is seen whole. */
const MARGIN = 16;

/**
 * The view that a photo has at first: all of it, with a little room around.
 *
 * @param {Size} photo
 * @param {Size} screen
 */
export function whole(photo, screen) {
  return fit(photo, screen, MARGIN);
}

/**
 * 100 %: a photo pixel is a pixel of the display. The middle of the screen shows the same place as before.
 *
 * @param {View} view
 * @param {Size} screen
 * @param {number} [devicePixelRatio]
 */
export function actual(view, screen, devicePixelRatio = 1) {
  return zoomAt(view, 1 / devicePixelRatio / view.scale, { x: screen.width / 2, y: screen.height / 2 });
}

/**
 * Larger by `factor` (smaller below 1), within the limits; the photo's point under `point` stays where it is.
 *
 * @param {View} view
 * @param {number} factor
 * @param {Point} point on the screen
 */
export function zoomAt(view, factor, point) {
  const scale = limited(view.scale * factor, view.scale);
  const { x, y } = toPhoto(view, point);
  return new View(scale, x - point.x / scale, y - point.y / scale);
}

/**
 * Moved with the pointer by screen pixels.
 *
 * @param {View} view
 * @param {number} dx
 * @param {number} dy
 */
export function pan(view, dx, dy) {
  return new View(view.scale, view.x - dx / view.scale, view.y - dy / view.scale);
}

/**
 * Two fingers have moved: the photo's point in the middle between them stays between them, and the photo grows as
 * their distance does.
 *
 * @param {View} view
 * @param {Point} beforeA
 * @param {Point} beforeB
 * @param {Point} afterA
 * @param {Point} afterB
 */
export function pinch(view, beforeA, beforeB, afterA, afterB) {
  const before = Math.hypot(beforeA.x - beforeB.x, beforeA.y - beforeB.y);
  const after = Math.hypot(afterA.x - afterB.x, afterA.y - afterB.y);
  const [from, to] = [middle(beforeA, beforeB), middle(afterA, afterB)];
  const moved = pan(view, to.x - from.x, to.y - from.y);
  return zoomAt(moved, after / Math.max(before, 1), to);
}

/**
 * The view moved by less than a device pixel, so that photo pixels begin where the screen's do: at 100 % each is shown
 * as it is, and not as a mixture of two.
 *
 * @param {View} view
 * @param {number} ratio device pixels in a CSS pixel
 */
export function snapped(view, ratio) {
  const size = view.scale * ratio;
  return new View(view.scale, Math.round(view.x * size) / size, Math.round(view.y * size) / size);
}

/**
 * @param {View} view
 * @param {Point} point on the screen
 * @returns {Point}
 */
export function toPhoto(view, point) {
  return { x: view.x + point.x / view.scale, y: view.y + point.y / view.scale };
}

/**
 * @param {View} view
 * @param {Point} point in the photo
 * @returns {Point}
 */
export function toScreen(view, point) {
  return { x: (point.x - view.x) * view.scale, y: (point.y - view.y) * view.scale };
}

/**
 * Moved by no more than is needed for a part of the photo to stay on the screen.
 *
 * @param {View} view
 * @param {Size} photo
 * @param {Size} screen
 */
export function clamped(view, photo, screen) {
  const x = kept(view.x, view.scale, photo.width, screen.width);
  const y = kept(view.y, view.scale, photo.height, screen.height);
  return x === view.x && y === view.y ? view : new View(view.scale, x, y);
}

/**
 * The photo's pixels that the screen shows at least a part of, or null.
 *
 * @param {View} view
 * @param {Size} photo
 * @param {Size} screen
 * @returns {Box | null}
 */
export function visible(view, photo, screen) {
  const [x, y] = [Math.floor(view.x), Math.floor(view.y)];
  const width = Math.ceil(view.x + screen.width / view.scale) - x;
  const height = Math.ceil(view.y + screen.height / view.scale) - y;
  return within({ x, y, width, height }, photo.width, photo.height);
}

/**
 * A scale within the limits. A view that is outside them already (a huge photo that was fitted) only moves towards
 * them.
 *
 * @param {number} scale
 * @param {number} now
 */
function limited(scale, now) {
  return Math.min(Math.max(scale, Math.min(SMALLEST, now)), Math.max(LARGEST, now));
}

/**
 * @param {number} start
 * @param {number} scale
 * @param {number} photo
 * @param {number} screen
 */
function kept(start, scale, photo, screen) {
  const inSight = Math.min(IN_SIGHT, photo * scale, screen);
  return Math.min(Math.max(start, (inSight - screen) / scale), photo - inSight / scale);
}

/** @param {Point} a @param {Point} b */
const middle = (a, b) => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
