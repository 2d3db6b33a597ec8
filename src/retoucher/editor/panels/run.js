/** What the mode does: its button, whether it runs by itself, the method, and the edit's own options. */
import { written } from "../commands.js";
import { button, choice, number, section, select, slider, toggle } from "../controls.js";
import { element } from "../dom.js";
import { grow } from "../geometry/grow.js";
import { markTransparency } from "../masking.js";
import { isFilling } from "../modes.js";
import { say } from "../words.js";
import { showExtend } from "./extend.js";

/** @typedef {import("../app.js").App} App */

const OWN = ["model", "weights", "grow", "opaque"]; // options with a place of their own, or set by the mode

/** @param {App} app */
export function buildRun(app) {
  const { editor, settings } = app;
  const box = element("div", { class: "run" });
  let shown = ""; // what it was made from: made anew only where that differs, or focus and folds would be lost
  const update = () => {
    box.hidden = !isFilling(editor.mode);
    const made = JSON.stringify([editor.mode, app.connection.about?.methods.map(({ name }) => name), app.schemas.length]);
    if (made === shown) return;
    shown = made;
    const unfolded = box.querySelector("details")?.open ?? false;
    const setting = editor.mode === "fill" ? "autoFill" : "autoRemove";
    const run = button("play", say(editor.mode === "fill" ? "run.fill" : "run.remove"), () => app.enter(), { key: written("Enter"), text: true, class: "main wide", id: "run" });
    box.replaceChildren(
      run,
      toggle(say("run.auto"), settings.get(setting), (on) => settings.set(setting, on), say("run.auto.help")).row,
      ...(editor.mode === "fill" ? holes(app) : []),
      section(say("run.more"), unfolded, methods(app), ...options(app)),
    );
  };
  editor.on("mode", update);
  app.connection.addEventListener("change", update);
  update();
  return box;
}

/** Ways to mark holes without painting. @param {App} app */
function holes(app) {
  return [
    element("div", { class: "row buttons" },
      button("import", say("fill.transparency"), () => void markTransparency(app.editor), { text: true }),
      button("plus", say("fill.extend"), () => showExtend(app), { text: true }),
    ),
  ];
}

/** The methods that are here, best first chosen by itself. @param {App} app */
function methods(app) {
  const { editor, connection } = app;
  const present = connection.about?.methods ?? [];
  const now = String(editor.options.inpaint?.model ?? "auto");
  const choices = [{ value: "auto", label: say("run.auto.method"), title: say("run.auto.method.help") }, ...present.map(({ name, note }) => ({ value: name, label: connection.label(name), title: note }))];
  const { row } = choice(say("run.method"), choices, now, (model) => choose(app, "inpaint", "model", model));
  row.classList.add("columns");
  return row;
}

/** All other options of the edit, from its own declaration. @param {App} app */
function options(app) {
  const { properties } = app.schemas.find(({ name }) => name === "inpaint")?.options ?? { properties: {} };
  /** @type {HTMLElement[]} */
  const rows = [growing(app, properties.grow ?? { minimum: 0, maximum: 64, default: 4 })];
  for (const name of Object.keys(properties)) if (!OWN.includes(name)) rows.push(control(app, "inpaint", name, properties[name]));
  return rows;
}

/** How far the mask is grown, seen while it is chosen. @param {App} app @param {{minimum: number, maximum: number, default: number}} option */
function growing(app, { minimum, maximum, default: usual }) {
  const { editor } = app;
  const value = Number(editor.options.inpaint?.grow ?? usual);
  const range = { min: minimum, max: maximum, value, unit: "px", help: say("run.grow.help") };
  const preview = (/** @type {number} */ pixels) => {
    if (!editor.mask) return;
    editor.preview = grow(editor.mask, pixels);
    editor.touched();
  };
  return slider(say("run.grow"), range, preview, (pixels) => {
    editor.preview = null;
    editor.touched();
    choose(app, "inpaint", "grow", pixels);
  }).row;
}

/**
 * A control for one option, made from its JSON schema.
 *
 * @param {App} app
 * @param {string} edit
 * @param {string} name
 * @param {Record<string, any>} option
 * @param {() => void} [chosen]
 */
export function control(app, edit, name, option, chosen = () => {}) {
  const value = app.editor.options[edit]?.[name] ?? option.default;
  const title = name[0].toUpperCase() + name.slice(1);
  const changed = (/** @type {unknown} */ now) => {
    choose(app, edit, name, now);
    chosen();
  };
  if (option.enum) return select(title, option.enum.map((/** @type {string} */ each) => ({ value: each, label: each })), value, changed, option.description).row;
  if (option.type === "boolean") return toggle(title, value, changed, option.description).row;
  if (option.type === "integer" || option.type === "number")
    return number(title, { min: option.minimum ?? 0, max: option.maximum ?? (option.exclusiveMaximum ?? 2 ** 31) - 1, value, help: option.description }, changed).row;
  const input = element("input", { type: "text", value, title: option.description, onchange: () => changed(input.value) });
  return element("label", { class: "row" }, title, input);
}

/** @param {App} app @param {string} edit @param {string} name @param {unknown} value */
function choose(app, edit, name, value) {
  app.editor.options[edit] = { ...app.editor.options[edit], [name]: value };
}
