/** What can be done to a mask as a whole; each is a step of its own. */
import { grow } from "./geometry/grow.js";
import { clear, invert } from "./geometry/mask.js";
import { decodeMaskPng } from "./geometry/png.js";
import { decodeRuns } from "./geometry/runs.js";
import { shortened } from "./messages.js";
import { say } from "./words.js";

/** @typedef {import("./editor.js").Editor} Editor */

/** @param {Editor} editor */
export function clearMask(editor) {
  if (!editor.mask) return;
  editor.touched(clear(editor.mask));
  editor.commit("step.clear");
}

/** @param {Editor} editor */
export function invertMask(editor) {
  if (!editor.mask) return;
  editor.touched(invert(editor.mask));
  editor.commit("step.invert");
}

/** @param {Editor} editor @param {number} pixels negative shrinks */
export function growMask(editor, pixels) {
  if (!editor.mask || !pixels) return;
  editor.mask = grow(editor.mask, pixels);
  editor.touched();
  editor.commit(pixels > 0 ? "step.grow" : "step.shrink");
}

/** Mark what the photo shows as transparent; says so where nothing is. @param {Editor} editor */
export async function markTransparency(editor) {
  try {
    const file = await editor.api.blob(`/api/photos/${await editor.version()}/transparency`);
    const mask = await decodeMaskPng(new Uint8Array(await file.arrayBuffer()));
    if (mask.box()) editor.shape(mask, "add", "step.transparency");
    else editor.announce(say("said.opaque"), true);
  } catch (error) {
    editor.announce(shortened(error), true);
  }
}

/** Put back what was filled last as a mask, to be run again or changed. @param {Editor} editor */
export function maskAgain(editor) {
  const { mask, lastRun } = editor;
  if (mask && lastRun?.width === mask.width && lastRun.height === mask.height) editor.shape(decodeRuns(lastRun), "add", "step.again");
}
