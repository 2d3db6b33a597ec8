/** Three steps for who is here for the first time. Each is ticked off when it was done; Escape or the cross ends it. */
import { button } from "../controls.js";
import { element, find } from "../dom.js";
import { icon } from "../icons.js";
import { isFilling } from "../modes.js";
import { say } from "../words.js";

/** @typedef {import("../app.js").App} App */
/** @typedef {import("../words.js").Word} Word */

const STEPS = /** @type {const} */ ([
  { picture: "brush", word: "hint.brush" },
  { picture: "play", word: "hint.release" },
  { picture: "compare", word: "hint.compare" },
]);

/** @param {App} app */
export function buildHint(app) {
  const { editor, settings } = app;
  editor.on("photo", () => {
    if (editor.picture && isFilling(editor.mode) && !settings.get("hintSeen")) showHint(app);
    else if (!editor.picture) hideHint();
  });
  editor.on(["history", "queue", "compare", "mode"], () => tick(app));
  editor.on("mode", () => !isFilling(editor.mode) && hideHint()); // nothing is taken out there
  addEventListener("keydown", (event) => escape(app, event), { capture: true }); // before the keys of the editor, for which Escape means more
  settings.addEventListener("change", () => tick(app));
}

/** Show the three steps, whether they were seen before or not. @param {App} app */
export function showHint(app) {
  const box = find("hint", HTMLElement);
  app.settings.set("hintSeen", true);
  const steps = STEPS.map(({ picture, word }) => element("li", {}, icon(picture), element("span", { "data-word": word })));
  box.replaceChildren(element("ol", { "aria-label": say("hint.name") }, ...steps), button("close", say("hint.close"), hideHint));
  box.hidden = false;
  tick(app);
}

function hideHint() {
  find("hint", HTMLElement).hidden = true;
}

/** Mark what is done and what comes next. @param {App} app */
function tick({ editor, runsAtOnce }) {
  const box = find("hint", HTMLElement);
  if (box.hidden) return;
  const filled = editor.isChanged;
  const marked = filled || editor.queue.items.length > 0 || editor.percent > 0;
  if (filled && editor.compare !== "off") return hideHint();
  const next = filled ? 2 : marked ? 1 : 0;
  box.querySelectorAll("li").forEach((step, i) => {
    step.classList.toggle("past", i < next);
    if (i === next) step.setAttribute("aria-current", "step");
    else step.removeAttribute("aria-current");
    const text = step.querySelector("span");
    if (text) text.textContent = say(i === 1 && !runsAtOnce ? "hint.enter" : STEPS[i].word);
  });
}

/** @param {App} app @param {KeyboardEvent} event */
function escape(app, event) {
  const box = find("hint", HTMLElement);
  if (event.key !== "Escape" || app.isBusy || box.hidden || event.isComposing || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  hideHint();
}
