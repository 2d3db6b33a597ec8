/** Every step with its name and a small picture; a click goes there. */
import { element } from "../dom.js";
import { section } from "../controls.js";
import { icon } from "../icons.js";
import { say } from "../words.js";

/** @typedef {import("../words.js").Word} Word */

const SIDE = 40; // CSS pixels of a small picture

/** What stands for a step whose picture is not there, as after a reload. @type {Record<string, import("../icons.js").Icon>} */
const SIGNS = {
  "step.open": "folder",
  "step.erase": "eraser",
  "step.rectangle": "rectangle",
  "step.lasso": "lasso",
  "step.polygon": "polygon",
  "step.select": "select",
  "step.clear": "clear",
  "step.invert": "invert",
  "step.import": "import",
  "step.remove": "remove",
  "step.fill": "fill",
  "step.extend": "fit",
  "step.line": "pen",
  "step.bent": "bend",
  "step.unline": "eraser",
  "step.paint": "paint",
  "step.unpaint": "eraser",
  "step.traced": "import",
  "step.tracedcolors": "import",
  "step.clearlines": "clear",
  "step.clearcolors": "clear",
  "step.facebox": "rectangle",
  "step.redrawn": "face",
  "step.keepface": "check",
  "step.repaired": "person",
  "step.enlarged": "fit",
  "step.adjusted": "sliders",
  "step.placed": "paint-in",
  "step.paintin": "paint-in",
  "step.moved": "hand",
  "step.scaled": "fit",
  "step.turned": "redo",
  "step.flipped": "compare",
  "step.objectremoved": "clear",
  "step.trimmed": "eraser",
  "step.cutout": "select",
  "step.strength": "sliders",
  "step.options": "sliders",
  "step.like": "rectangle",
};

/** @param {import("../app.js").App} app */
export function buildHistory(app) {
  const { editor } = app;
  const list = element("ol", { class: "history" });
  /** @type {WeakMap<object, HTMLCanvasElement>} */
  const pictures = new WeakMap(); // by the patches that they show: steps that only mark share theirs
  editor.on(["photo", "history"], () => {
    const { history, picture } = editor;
    if (!history || !picture) return list.replaceChildren();
    if (!pictures.has(history.now.patches)) pictures.set(history.now.patches, picture.thumbnail(SIDE * devicePixelRatio));
    list.replaceChildren(...history.entries.map(({ state, name }, i) => row(app, i, name, copied(pictures.get(state.patches)))));
    const here = list.children[history.index];
    const frame = list.parentElement;
    if (here instanceof HTMLElement && frame) frame.scrollTop = here.offsetTop - frame.clientHeight / 2; // without moving the panel
  });
  const made = section(say("panel.history"), true, list);
  made.classList.add("steps");
  return made;
}

/** @param {import("../app.js").App} app @param {number} i @param {string} name @param {HTMLCanvasElement} [picture] */
function row({ editor }, i, name, picture) {
  const made = element("button", { type: "button", onclick: () => void editor.jump(i) }, picture ?? element("span", { class: "nothing" }, icon(SIGNS[name] ?? "brush")), element("span", {}, say(/** @type {Word} */ (name))));
  picture?.setAttribute("aria-hidden", "true");
  if (i === editor.history?.index) made.setAttribute("aria-current", "step");
  return element("li", { class: i > (editor.history?.index ?? 0) ? "undone" : "" }, made);
}

/** A canvas can stand in one place only. @param {HTMLCanvasElement | undefined} picture */
function copied(picture) {
  if (!picture) return undefined;
  const made = element("canvas", { width: picture.width, height: picture.height });
  made.getContext("2d")?.drawImage(picture, 0, 0);
  return made;
}
