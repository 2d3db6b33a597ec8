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
  /** @type {Row[]} */
  let rows = []; // kept from step to step: only what is new is built, however long the list is
  editor.on(["photo", "history"], () => {
    const { history, picture } = editor;
    if (!history || !picture) {
      rows = [];
      return list.replaceChildren();
    }
    if (!pictures.has(history.now.patches)) pictures.set(history.now.patches, picture.thumbnail(SIDE * devicePixelRatio));
    const { entries, index } = history;
    for (const gone of rows.splice(entries.length)) gone.row.remove();
    entries.forEach(({ state, name }, i) => {
      const shown = pictures.get(state.patches);
      if (rows[i]?.name !== name || rows[i]?.picture !== shown) {
        const made = { name, picture: shown, row: row(app, i, name, copied(shown)) };
        if (rows[i]) rows[i].row.replaceWith(made.row);
        else list.append(made.row);
        rows[i] = made;
      }
      mark(rows[i].row, i, index);
    });
    const here = list.children[index];
    const frame = list.parentElement;
    if (here instanceof HTMLElement && frame) frame.scrollTop = here.offsetTop - frame.clientHeight / 2; // without moving the panel
  });
  const made = section(say("panel.history"), true, list);
  made.classList.add("steps");
  return made;
}

/** A step in the list, and what it was built of. @typedef {{name: string, picture: HTMLCanvasElement | undefined, row: HTMLLIElement}} Row */

/** Where one is, and what lies ahead. @param {HTMLLIElement} made @param {number} i @param {number} index */
function mark(made, i, index) {
  made.className = i > index ? "undone" : "";
  if (i === index) made.firstElementChild?.setAttribute("aria-current", "step");
  else made.firstElementChild?.removeAttribute("aria-current");
}

/** @param {import("../app.js").App} app @param {number} i @param {string} name @param {HTMLCanvasElement} [picture] */
function row({ editor }, i, name, picture) {
  const made = element("button", { type: "button", onclick: () => void editor.jump(i) }, picture ?? element("span", { class: "nothing" }, icon(SIGNS[name] ?? "brush")), element("span", {}, say(/** @type {Word} */ (name))));
  picture?.setAttribute("aria-hidden", "true");
  return element("li", {}, made);
}

/** A canvas can stand in one place only. @param {HTMLCanvasElement | undefined} picture */
function copied(picture) {
  if (!picture) return undefined;
  const made = element("canvas", { width: picture.width, height: picture.height });
  made.getContext("2d")?.drawImage(picture, 0, 0);
  return made;
}
