/**
 * Boxes of whole photo pixels, origin top left. Nothing at all is null, and every function takes it.
 *
 * @typedef {{x: number, y: number, width: number, height: number}} Box
 * @typedef {{x: number, y: number}} Point
 * @typedef {{width: number, height: number}} Size
 */

/**
 * The smallest box that holds both.
 *
 * @param {Box | null} a
 * @param {Box | null} b
 * @returns {Box | null}
 */
export function union(a, b) {
  if (!a || !b) return a ?? b;
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  const right = Math.max(a.x + a.width, b.x + b.width);
  const bottom = Math.max(a.y + a.height, b.y + b.height);
  return { x, y, width: right - x, height: bottom - y };
}

/**
 * What lies in both, or null.
 *
 * @param {Box | null} a
 * @param {Box | null} b
 * @returns {Box | null}
 */
export function intersection(a, b) {
  if (!a || !b) return null;
  const x = Math.max(a.x, b.x);
  const y = Math.max(a.y, b.y);
  const width = Math.min(a.x + a.width, b.x + b.width) - x;
  const height = Math.min(a.y + a.height, b.y + b.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : null;
}

/**
 * The box with `margin` pixels more on every side; a negative margin takes away and may leave nothing.
 *
 * @param {Box | null} box
 * @param {number} margin
 * @returns {Box | null}
 */
export function grown(box, margin) {
  if (!box) return null;
  const width = box.width + 2 * margin;
  const height = box.height + 2 * margin;
  return width > 0 && height > 0 ? { x: box.x - margin, y: box.y - margin, width, height } : null;
}

/**
 * The part of the box that lies in a photo of this size, or null.
 *
 * @param {Box | null} box
 * @param {number} width
 * @param {number} height
 * @returns {Box | null}
 */
export function within(box, width, height) {
  return intersection(box, { x: 0, y: 0, width, height });
}
