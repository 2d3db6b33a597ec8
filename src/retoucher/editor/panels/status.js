/** The status line, what was changed outside the mask, and the banner when the server is away or open to others. */
import { find } from "../dom.js";
import { say } from "../words.js";

/** @param {import("../app.js").App} app */
export function buildStatus(app) {
  const { editor, connection } = app;
  const line = find("status", HTMLElement);
  const outside = find("outside", HTMLElement);
  const size = find("size", HTMLElement);
  const banner = find("banner", HTMLElement);
  editor.on("status", ({ detail }) => {
    line.textContent = line.title = detail.text;
    line.classList.toggle("error", detail.isError);
  });
  editor.on(["photo", "history"], () => {
    const patches = editor.history?.now.patches ?? [];
    const changed = patches.reduce((sum, patch) => sum + patch.outside, 0);
    outside.textContent = patches.length ? say("status.outside", { count: changed }) : "";
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
