import { intersection } from "./box.js";

/** @import { Box } from "./box.js" */

/**
 * Which face a mask belongs to: the one of which it covers most, else the nearest; the first (the largest) where nothing
 * is marked.
 *
 * @template {{box: Box}} F
 * @param {readonly F[]} faces
 * @param {Box | null} marked
 * @returns {F | null}
 */
export function faceUnder(faces, marked) {
  if (!marked || faces.length < 2) return faces[0] ?? null;
  const shared = faces.map(({ box }) => areaOf(intersection(box, marked)));
  const most = Math.max(...shared);
  if (most > 0) return faces[shared.indexOf(most)];
  const far = faces.map(({ box }) => Math.hypot(box.x + box.width / 2 - marked.x - marked.width / 2, box.y + box.height / 2 - marked.y - marked.height / 2));
  return faces[far.indexOf(Math.min(...far))];
}

/** @param {Box | null} box */
const areaOf = (box) => (box ? box.width * box.height : 0);

/** A box as options have it. @param {Box} box */
export const asOption = ({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(",");
