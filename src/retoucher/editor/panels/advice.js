/** What can be added to this computer's methods: size, licence and the command that does it. */
import { button } from "../controls.js";
import { element } from "../dom.js";
import { bytes, say } from "../words.js";

/** @typedef {import("../api.js").Advice} Advice */

/**
 * A card that says what fills now and what a published model would add, or null where there is none to add.
 *
 * @param {import("../connection.js").Connection} connection
 */
export function adviceCard(connection) {
  const { about } = connection;
  if (!about?.advice.length) return null;
  const [method] = about.methods;
  const basic = !method || method.name === "exemplar";
  const text = basic ? say("advice.basic") : say("advice.trained", { method: connection.label(method.name) });
  const entries = about.advice.map(entry);
  const shown = entries.length > 1 ? [element("details", {}, element("summary", {}, say("advice.more")), ...entries)] : entries;
  return element("aside", { class: "advice" }, element("p", {}, text), ...shown);
}

/** @param {Advice} advice */
function entry({ title, megabytes, licence, commercial, command }) {
  const said = element("span", { class: "advice-said", role: "status" });
  const copy = button("copy", say("advice.copy"), () => void copied(command, said));
  const uses = say(commercial === "yes" ? "advice.commercial" : commercial === "no" ? "advice.private" : "advice.unclear");
  return element("div", { class: "advice-entry" },
    element("strong", {}, title),
    element("p", {}, `${bytes(1e6 * megabytes)} · ${say("advice.licence", { licence })} · ${uses}`),
    element("p", { class: "command" }, element("code", { tabIndex: 0 }, command), copy, said),
  );
}

/** @param {string} text @param {HTMLElement} said */
export async function copied(text, said) {
  try {
    await navigator.clipboard.writeText(text);
    said.textContent = say("said.commandcopied");
  } catch {
    said.textContent = say("said.copybyhand"); // the browser gives the clipboard to local and https pages only
  }
}
