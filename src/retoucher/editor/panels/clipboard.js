/** The picture as it is seen, for another program: an 8-bit PNG in sRGB, which is what clipboards carry. */
import { shortened } from "../messages.js";
import { say } from "../words.js";

/** @param {import("../app.js").App} app */
export async function copyResult({ editor, api }) {
  if (!editor.picture) return;
  if (!navigator.clipboard || typeof ClipboardItem === "undefined") return editor.announce(say("said.noclipboard"), true);
  editor.announce(say("said.copying"));
  try {
    const picture = editor.version().then((id) => api.blob(`/api/photos/${id}/view`));
    await navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]); // a promise, else the press is too long ago
    editor.announce(say("said.copied"));
  } catch (error) {
    editor.announce(shortened(error), true);
  }
}
