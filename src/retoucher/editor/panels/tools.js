/** The rail of tools, the zoom buttons, and which tool is in hand. */
import { titled, written } from "../commands.js";
import { button } from "../controls.js";
import { find } from "../dom.js";
import { say, shown } from "../words.js";

/** @type {import("../workplace.js").ToolName[]} */
const TOOLS = ["brush", "pen", "paint", "bend", "picker", "eraser", "rectangle", "lasso", "polygon", "select", "hand"];

/** Those that only Face has. @type {(string | undefined)[]} */
const DRAWING = ["pen", "paint", "bend", "picker"];

/** What the keyboard does on the photo in modes with keys of their own. @type {Partial<Record<import("../workplace.js").Mode, import("../words.js").Word>>} */
const HELP = { face: "stage.help.face", "paint-in": "stage.help.paintin", person: "stage.help.person" };

/** @param {import("../app.js").App} app */
export function buildTools(app) {
  const { editor } = app;
  const rail = find("tools", HTMLElement);
  const buttons = TOOLS.map((name) => {
    const command = app.commands.find(({ id }) => id === name);
    const made = button(name, command ? say(command.word) : name, () => app.take(name), { key: command && written(command.keys[0]), class: "tool" });
    made.dataset.tool = name;
    return made;
  });
  rail.append(...buttons);
  buildZoom(app);
  const update = () => {
    for (const each of buttons) each.setAttribute("aria-pressed", String(each.dataset.tool === editor.tool));
  };
  editor.on("tool", update);
  update();
  const choose = () => {
    find("stage-help", HTMLElement).textContent = say(HELP[editor.mode] ?? "stage.help");
    rail.classList.toggle("drawing", editor.mode === "face");
    for (const each of buttons) if (DRAWING.includes(each.dataset.tool)) each.hidden = editor.mode !== "face";
  };
  editor.on("mode", choose);
  choose();
}

/** @param {import("../app.js").App} app */
function buildZoom(app) {
  const { editor } = app;
  /** @param {string} id @param {import("../icons.js").Icon} picture */
  const zoom = (id, picture) => {
    const command = app.commands.find((each) => each.id === id);
    return button(picture, command ? say(command.word) : id, () => command?.run(), { key: command && written(command.keys[0]), id: `do-${id}` });
  };
  const actual = app.commands.find(({ id }) => id === "actual");
  const level = document.createElement("button");
  level.type = "button";
  level.className = "button level";
  level.title = actual ? titled(actual) : "";
  level.onclick = () => actual?.run();
  find("zoom", HTMLElement).append(zoom("zoom-out", "minus"), level, zoom("zoom-in", "plus"), zoom("fit", "fit"));
  const update = () => {
    const percent = 100 * editor.view.scale * devicePixelRatio;
    level.textContent = `${shown(percent, percent < 10 ? 1 : 0)} %`;
  };
  editor.on(["view", "photo", "pixels"], update);
  update();
}
