/** What undo goes back to: what was done to the photo, what is masked, and what is about to be painted in. Never changed, only replaced. */

/** @typedef {import("../geometry/box.js").Box} Box */
/** @typedef {import("../geometry/runs.js").Runs} Runs */

/** One of several answers to the same order. @typedef {{id: string, box: Box | null, outside: number | null}} Answer */

/**
 * One result: the version it made, where it lies, and its order, so that it can be made again.
 *
 * @typedef {object} Patch
 * @property {string} id the version on the server that has it
 * @property {Box | null} box null where the whole picture is new, as when it was made larger
 * @property {string} edit
 * @property {Record<string, unknown>} options
 * @property {Runs | null} runs
 * @property {string} method what made its pixels
 * @property {string} weights
 * @property {number | null} outside pixels changed outside the mask, counted by the server; null where that cannot be said
 * @property {number} seconds
 * @property {readonly string[]} notes what the person should know about it
 * @property {Placed} [placed] the object that was painted in, where the edit is "harmonize"
 * @property {Drawing} [drawn] what it was redrawn from, where the edit is "redraw"
 * @property {readonly Answer[]} [answers] all answers, this one among them, where there are several
 */

/**
 * What is drawn on a face: lines and colours that say how the masked part is to be redrawn.
 *
 * @typedef {object} Drawing
 * @property {readonly import("../geometry/lines.js").Line[]} lines
 * @property {readonly Paint[]} paints in the order in which they were painted
 * @property {Box | null} face its box by hand; null: as it is found
 * @property {import("../geometry/box.js").Size} size the photo's; for a photo of another size it means nothing
 */

/**
 * A stroke of colour: places with half the brush's width there, x, y, radius, x, y, radius …; `color` null takes colour
 * away. Or a picture of the photo's size by its name in this session: the photo's own colours.
 *
 * @typedef {{readonly points: Float32Array, readonly color: string | null} | {readonly picture: string}} Paint
 */

/**
 * An object that lies on the painting and can still be moved, with all that its result depends on.
 *
 * @typedef {object} Placed
 * @property {string} object its picture, by its name in this session
 * @property {import("../geometry/box.js").Size} size its picture's
 * @property {import("../geometry/placing.js").Place} place
 * @property {Runs | null} trim what of its picture is kept; null: all of it
 * @property {number | null} strength how much of it is repainted, 0 to 1; null: as the painting asks for
 * @property {Box | null} like the part of the painting whose strokes it takes; null: all of it
 */

/**
 * @typedef {object} State
 * @property {readonly Patch[]} patches in the order in which they were made
 * @property {Runs} mask
 * @property {Placed | null} [placed]
 * @property {Patch | null} [painted] what the placed object came to; shown, but not yet part of the photo
 * @property {Drawing | null} [drawing]
 * @property {string} [open] the last patch, as long as the next redrawing takes its place
 */

/** The version that a state shows; "" is the photo as it was opened. @param {State} state */
export function versionOf(state) {
  return state.patches.at(-1)?.id ?? "";
}

/** What a redrawing begins from: the patches without the last one, where that is still open. @param {State} state */
export function beneath({ patches, open }) {
  return open && patches.at(-1)?.id === open ? patches.slice(0, -1) : patches;
}

/**
 * The version whose whole picture is drawn first, and the patches that lie on it; what is painted but not applied is
 * the last of them unless `bare`.
 *
 * @param {State} state
 * @param {boolean} [bare]
 * @returns {{base: string, patches: (Patch & {box: Box})[]}}
 */
export function layers(state, bare = false) {
  const last = state.patches.findLastIndex((patch) => patch.box === null);
  const all = state.painted && !bare ? [...state.patches, state.painted] : state.patches;
  const patches = /** @type {(Patch & {box: Box})[]} */ (all.slice(last + 1));
  return { base: state.patches[last]?.id ?? "", patches };
}
