/** The top bar: modes, undo and redo, comparing, saving, help, and where the work is done. */
import { written } from "../commands.js";
import { button } from "../controls.js";
import { element, find } from "../dom.js";
import { icon } from "../icons.js";
import { say } from "../words.js";
import { showDetails } from "./details.js";
import { showSettings } from "./settings.js";

/** @param {import("../app.js").App} app */
export function buildTop(app) {
  find("brand", HTMLButtonElement).addEventListener("click", () => app.begin());
  buildModes(app);
  const { editor, connection } = app;
  /** @param {string} id @param {import("../icons.js").Icon} picture @param {boolean} [text] */
  const made = (id, picture, text = false) => {
    const command = app.commands.find((each) => each.id === id);
    return button(picture, command ? say(command.word) : id, () => command?.run(), { key: command && written(command.keys[0]), text, class: text ? "main" : "", id: `do-${id}` });
  };
  const [undo, redo, compare, save] = [made("undo", "undo"), made("redo", "redo"), made("compare", "compare"), made("save", "save", true)];
  const open = made("open", "folder");
  const chip = element("button", { type: "button", class: "chip", id: "chip", title: say("chip.title"), onclick: () => showDetails(app) });
  find("top-buttons", HTMLElement).append(
    chip,
    open,
    undo,
    redo,
    compare,
    save,
    button("sliders", say("settings.title"), () => showSettings(app)),
    made("help", "help"),
  );
  const update = () => {
    undo.disabled = !editor.canUndo;
    redo.disabled = !editor.canRedo;
    save.disabled = compare.disabled = !editor.picture;
    compare.setAttribute("aria-pressed", String(editor.compare !== "off"));
    const about = connection.about;
    const method = editor.history?.now.patches.at(-1)?.method ?? about?.methods[0]?.name ?? "";
    chip.replaceChildren(icon("lock"), element("span", {}, about ? say("chip.text", { device: about.device, threads: about.threads, method: connection.label(method) }) : say("chip.waiting")));
  };
  editor.on(["photo", "history", "compare", "mode", "queue"], update);
  connection.addEventListener("change", update);
  update();
}

/** @param {import("../app.js").App} app */
function buildModes(app) {
  const { editor } = app;
  const row = find("modes", HTMLElement);
  const buttons = app.modes.map(({ name, word }, i) => {
    const made = button(name, say(word), () => editor.enter(name), { key: String(i + 1), text: true, class: "mode" });
    made.dataset.mode = name;
    return made;
  });
  row.append(...buttons);
  const update = () => {
    for (const each of buttons) each.setAttribute("aria-pressed", String(each.dataset.mode === editor.mode));
  };
  editor.on("mode", update);
  update();
}
