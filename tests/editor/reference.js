/** What the editor does bit by bit while the pointer moves, done all at once: the naive reference. */
import { union } from "../../src/retoucher/editor/geometry/box.js";
import { bend, middle } from "../../src/retoucher/editor/geometry/spline.js";
import { drawSegment } from "../../src/retoucher/editor/geometry/stroke.js";

/** A stroke through points {x, y, radius}; one point makes a disc. Returns the box that may have changed. */
export function drawStroke(mask, points, value) {
  if (points.length === 1) return drawSegment(mask, points[0], points[0], value);
  return points.slice(1).reduce((box, point, i) => union(box, drawSegment(mask, points[i], point, value)), null);
}

/** The smooth line along the samples of a pointer; the first and the last sample are its ends. */
export function smooth(points) {
  if (points.length < 3) return [...points];
  const curves = points.slice(2).flatMap((point, i) => bend(points[i], points[i + 1], point));
  return [points[0], middle(points[0], points[1]), ...curves, points.at(-1)];
}
