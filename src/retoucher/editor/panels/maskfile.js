/** A mask that was dropped where a photo could be meant: black and white, and of the photo's size. */
import { button, dialog } from "../controls.js";
import { element } from "../dom.js";
import { say } from "../words.js";
import { importMask } from "./mask.js";

const SIDE = 64; // pixels: enough to tell a mask from a photo
const NEAR = 24; // of 255: so far from black or white a mask's soft edges may lie, after shrinking only few do
const SHARE = 0.85; // of the pixels that are black or white in a mask

/** Whether a file looks like a mask for this picture. @param {Blob} file @param {{width: number, height: number}} picture */
export async function looksLikeMask(file, picture) {
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (!bitmap) return false;
  const same = bitmap.width === picture.width && bitmap.height === picture.height;
  const small = new OffscreenCanvas(SIDE, SIDE).getContext("2d", { willReadFrequently: true });
  if (same) small?.drawImage(bitmap, 0, 0, SIDE, SIDE);
  bitmap.close();
  const { data } = (same && small?.getImageData(0, 0, SIDE, SIDE)) || { data: [] };
  let extreme = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (data[i] !== data[i + 1] || data[i] !== data[i + 2]) return false; // a colour
    if (data[i] < NEAR || data[i] > 255 - NEAR) extreme++;
  }
  return same && extreme > SHARE * SIDE * SIDE;
}

/** Ask what is meant, and do it. @param {import("../app.js").App} app @param {File} file */
export function askAboutMask(app, file) {
  const close = (/** @type {() => void} */ then) => () => {
    shown.close();
    then();
  };
  const mask = button("import", say("maskfile.mask"), close(() => void importMask(app, file)), { text: true, class: "main" });
  const photo = button("folder", say("maskfile.photo"), close(() => void app.open({ blob: file, name: file.name })), { text: true });
  const shown = dialog(say("maskfile.title"), say("dialog.close"), element("p", {}, say("maskfile.question", { name: file.name })), element("footer", {}, photo, mask));
  mask.focus();
}
