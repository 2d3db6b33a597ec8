/** Small pictures for lists: made one after the other, so that a list of large photos does not stop the page. */
import { element } from "../dom.js";

let busy = Promise.resolve();

/**
 * An empty frame, filled with a small copy of a picture as soon as it is seen.
 *
 * @param {() => Promise<Blob>} source a picture; asked for only when the frame comes into sight
 * @param {number} side CSS pixels of the longest side
 */
export function thumbnail(source, side) {
  const made = element("span", { class: "thumbnail", "aria-hidden": "true" });
  const seen = new IntersectionObserver((entries) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
    seen.disconnect();
    busy = busy.then(async () => {
      const canvas = made.isConnected ? await small(await source(), side).catch(() => null) : null;
      if (canvas && !made.firstChild) made.append(canvas);
    }).catch(() => {}); // a picture that cannot be had leaves its frame empty: its name stands beside it
  });
  seen.observe(made);
  return made;
}

/**
 * @param {Blob} blob
 * @param {number} side
 */
async function small(blob, side) {
  const longest = Math.round(side * Math.min(2, devicePixelRatio || 1));
  const bitmap = await createImageBitmap(blob);
  const scale = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
  const canvas = element("canvas", { width: Math.max(1, Math.round(bitmap.width * scale)), height: Math.max(1, Math.round(bitmap.height * scale)) });
  const drawing = canvas.getContext("2d");
  if (drawing) drawing.imageSmoothingQuality = "high";
  drawing?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return canvas;
}
