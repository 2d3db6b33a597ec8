/** The status line, what was changed outside the mask, and the banner when the server is away or open to others. */
import { find } from "../dom.js";
import { say } from "../words.js";

const SHOWN = 9000; // milliseconds for which a fault is shown over the photo, where it is looked at

/** Show a fault over the photo for a while; the status line has said it to screen readers. */
function toaster() {
  const box = find("toast", HTMLElement);
  let timer = 0;
  const show = (/** @type {string} */ text) => {
    clearTimeout(timer);
    box.hidden = !text;
    box.textContent = text;
    if (text) timer = setTimeout(() => (box.hidden = true), SHOWN);
  };
  box.addEventListener("click", () => show(""));
  return show;
}

/** @param {import("../app.js").App} app */
export function buildStatus(app) {
  const { editor, connection } = app;
  const line = find("status", HTMLElement);
  const toast = toaster();
  const outside = find("outside", HTMLElement);
  const size = find("size", HTMLElement);
  const banner = find("banner", HTMLElement);
  editor.on("status", ({ detail }) => {
    line.textContent = line.title = detail.text;
    line.classList.toggle("error", detail.isError);
    toast(detail.isError ? detail.text : "");
  });
  editor.on(["photo", "history"], () => {
    const patches = editor.history?.now.patches ?? [];
    const changed = patches.reduce((sum, patch) => sum + (patch.outside ?? 0), 0);
    const isCounted = patches.length > 0 && patches.every((patch) => patch.outside !== null);
    outside.textContent = isCounted ? say("status.outside", { count: changed }) : "";
    outside.classList.toggle("error", changed > 0);
    size.textContent = editor.picture ? `${editor.picture.width} × ${editor.picture.height}` : "";
  });
  const update = () => {
    banner.hidden = !connection.away && !connection.about?.exposed;
    banner.classList.toggle("away", connection.away);
    banner.textContent = connection.away ? say("banner.away") : say("banner.exposed");
  };
  connection.addEventListener("change", update);
  editor.on("mode", update);
}
