/** What undo goes back to: what was done to the photo, and what is masked. Never changed, only replaced. */

/** @typedef {import("../geometry/box.js").Box} Box */
/** @typedef {import("../geometry/runs.js").Runs} Runs */

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
 * @property {number} outside pixels changed outside the mask, counted by the server
 * @property {number} seconds
 * @property {readonly string[]} notes what the person should know about it
 */

/**
 * @typedef {object} State
 * @property {readonly Patch[]} patches in the order in which they were made
 * @property {Runs} mask
 */

/** The version that a state shows; "" is the photo as it was opened. @param {State} state */
export function versionOf(state) {
  return state.patches.at(-1)?.id ?? "";
}

/**
 * The version whose whole picture is drawn first, and the patches that lie on it.
 *
 * @param {State} state
 * @returns {{base: string, patches: (Patch & {box: Box})[]}}
 */
export function layers(state) {
  const last = state.patches.findLastIndex((patch) => patch.box === null);
  const patches = /** @type {(Patch & {box: Box})[]} */ (state.patches.slice(last + 1));
  return { base: state.patches[last]?.id ?? "", patches };
}
