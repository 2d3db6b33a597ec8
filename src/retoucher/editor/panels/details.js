/** Where the work is done and with what: what the chip in the top bar stands for. */
import { button, dialog } from "../controls.js";
import { element } from "../dom.js";
import { bytes, say, shown } from "../words.js";
import { adviceCard } from "./advice.js";

/** @typedef {import("../api.js").About} About */

/** @param {import("../app.js").App} app */
export function showDetails(app) {
  const { about, away } = app.connection;
  if (!about) return void dialog(say("details.title"), say("dialog.close"), element("p", {}, say("chip.waiting")));
  const made = dialog(say("details.title"), say("dialog.close"), where(about, away), facts(about), methods(app.connection, about), kept(app, about));
  made.classList.add("details");
}

/** Who can reach this. @param {About} about @param {boolean} away */
function where({ exposed }, away) {
  const word = away ? "details.away" : exposed ? "details.exposed" : "details.local";
  return element("p", { class: exposed || away ? "warning" : "promise" }, say(word));
}

/** @param {About} about */
function facts({ version, device, threads, limits, reads }) {
  const rows = [
    [say("details.version"), version],
    [say("details.device"), say("details.threads", { device, threads })],
    [say("details.limits"), say("details.most", { size: bytes(limits.bytes), megapixels: shown(limits.pixels / 1e6, 0), queue: limits.queue })],
    [say("details.reads"), reads.join(", ")],
  ];
  return element("dl", { class: "facts" }, ...rows.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))));
}

/** @param {import("../connection.js").Connection} connection @param {About} about */
function methods(connection, about) {
  const named = (/** @type {import("../api.js").Method} */ { name, weights }) => (weights ? `${connection.label(name)} (${weights})` : connection.label(name));
  const rows = about.methods.map((method) => element("li", {}, element("strong", {}, named(method)), element("span", {}, method.note)));
  const card = adviceCard(connection);
  return element("section", {}, element("h3", {}, say("details.methods")), element("ol", { class: "methods" }, ...rows), card);
}

/** What is on the disk, and how it goes. @param {import("../app.js").App} app @param {About} about */
function kept({ editor, settings }, { keep }) {
  const forget = button("clear", say("details.forget"), () => {
    forget.closest("dialog")?.close();
    editor.close();
  }, { text: true, class: "danger" });
  forget.disabled = !editor.picture;
  return element("section", {},
    element("h3", {}, say("details.kept")),
    element("p", {}, say(keep ? "details.keeps" : "details.keepsnot")),
    element("p", {}, say(settings.get("keepSession") ? "details.session" : "details.nosession")),
    element("footer", {}, forget),
  );
}
