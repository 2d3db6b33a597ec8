/** The sheet of keys, made from the commands themselves, and what Retoucher promises. */
import { HELD, TOUCHES, written } from "../commands.js";
import { button, dialog } from "../controls.js";
import { element } from "../dom.js";
import { isFilling } from "../modes.js";
import { say } from "../words.js";
import { showHint } from "./hint.js";

/** @typedef {import("../commands.js").Command} Command */

const GROUPS = /** @type {const} */ ([
  { group: "tools", word: "help.tools" },
  { group: "mask", word: "help.mask" },
  { group: "face", word: "help.face" },
  { group: "object", word: "help.object" },
  { group: "view", word: "help.view" },
  { group: "photo", word: "help.photo" },
  { group: "modes", word: "help.modes" },
]);

/** @param {import("../app.js").App} app */
export function showHelp(app) {
  const sheet = element("div", { class: "keys" },
    ...GROUPS.map(({ group, word }) => keys(say(word), app.commands.filter((each) => each.group === group).map(row))),
    keys(say("help.held"), held()),
    keys(say("help.touch"), TOUCHES.map(([what, how]) => line(say(what), [say(how)]))),
  );
  const promises = element("ul", { class: "promises" },
    element("li", {}, say("help.local")),
    element("li", {}, say("help.outside")),
    element("li", {}, say("help.original")),
  );
  const hint = button("help", say("help.hint"), () => {
    shown.close();
    showHint(app);
  }, { text: true });
  hint.disabled = !app.editor.picture || !isFilling(app.editor.mode);
  const shown = dialog(say("help.title"), say("dialog.close"), promises, sheet, element("footer", {}, hint));
  shown.classList.add("help", "wide");
}

/** What keys do while they are held, those that do the same in one line. */
function held() {
  const words = [...new Set(HELD.map(([word]) => word))];
  return words.map((word) => line(say(word), HELD.filter((each) => each[0] === word).map(([, key]) => key)));
}

/** @param {string} title @param {HTMLElement[]} rows */
function keys(title, rows) {
  return element("section", {}, element("h3", {}, title), element("dl", {}, ...rows));
}

/** @param {Command} command */
function row({ word, keys: all }) {
  return line(say(word), all.map(written));
}

/** @param {string} name @param {string[]} all */
function line(name, all) {
  return element("div", {}, element("dt", {}, name), element("dd", {}, ...all.map((key) => element("kbd", {}, key))));
}
