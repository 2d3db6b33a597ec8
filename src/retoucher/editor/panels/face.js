/** The panel of Face: redrawing and keeping, the three layers with what each is drawn with, mirroring, and whose face it is. */
import { BRUSH, PEN, written } from "../commands.js";
import { button, number, section, slider, toggle } from "../controls.js";
import { element } from "../dom.js";
import { say } from "../words.js";
import { control } from "./run.js";

/** @typedef {import("../app.js").App} App */
/** @typedef {import("../face/face.js").Layer} Layer */
/** @typedef {{row: HTMLElement, update(): void}} Part */

const FARTHEST = 100_000; // pixels, as fields of places take them
const OWN = ["face", "weights", "opaque"]; // options with a place of their own, or none here

/** @param {App} app */
export function buildFace(app) {
  const { editor } = app;
  const layers = /** @type {const} */ (["mask", "lines", "colors"]).map((layer) => layerRow(app, layer));
  const parts = [go(app), ...layers, ink(app), tint(app), wipe(app), mirror(app), whose(app), more(app)];
  const box = element("div", { class: "run face", hidden: true }, ...parts.map(({ row }) => row));
  const update = () => {
    box.hidden = editor.mode !== "face";
    if (box.hidden) return;
    for (const part of parts) part.update();
  };
  editor.on(["photo", "mode", "placed", "queue", "tool", "compare", "history"], update);
  app.settings.addEventListener("change", update);
  update();
  return box;
}

/** The button that redraws, the one that keeps, and what is missing. @param {App} app @returns {Part} */
function go(app) {
  const { face } = app;
  const run = button("play", say("face.run"), () => app.enter(), { key: written("Enter"), text: true, class: "main wide", id: "redraw" });
  const keep = button("check", say("face.keep"), () => face.redrawing.keep(), { key: written("Shift+Enter"), text: true, class: "wide keep", id: "keep" });
  const said = element("p", { class: "run-help" });
  return {
    row: element("div", { class: "go" }, run, keep, said),
    update: () => {
      const { redrawing } = face;
      keep.hidden = !redrawing.isOpen;
      said.textContent = redrawing.isOpen ? say("face.open") : redrawing.hindrance;
      said.hidden = !said.textContent;
      run.disabled = Boolean(redrawing.hindrance);
    },
  };
}

/** A layer: its name, which chooses it, whether it is seen, and clearing it. @param {App} app @param {Layer} layer @returns {Part} */
function layerRow(app, layer) {
  const { face } = app;
  const pictures = /** @type {const} */ ({ mask: "brush", lines: "pen", colors: "paint" });
  const choose = button(pictures[layer], say(`face.layer.${layer}`), () => face.enterLayer(layer), { text: true, class: "layer-name" });
  choose.title = say(`face.layer.${layer}.help`);
  const eye = button("eye", say(`face.see.${layer}`), () => face.see(layer, !isSeen()));
  const clear = button("clear", say(`face.clear.${layer}`), () => face.clear(layer));
  const isSeen = () => face.seen[layer] && !face.away;
  return {
    row: element("div", { class: "row face-layer" }, choose, eye, clear),
    update: () => {
      choose.setAttribute("aria-pressed", String(face.layer === layer));
      eye.setAttribute("aria-pressed", String(isSeen()));
      const { lines, paints } = face.drawing;
      clear.disabled = layer === "mask" ? !face.isMarked : layer === "lines" ? !lines.length : !paints.length;
    },
  };
}

/** What lines are drawn with, and the photo's own to begin from. @param {App} app @returns {Part} */
function ink(app) {
  const { face, settings } = app;
  const width = slider(say("face.pen"), { ...PEN, value: settings.get("pen"), unit: "px", help: say("face.pen.help") }, (now) => settings.set("pen", now));
  const reach = slider(say("face.reach"), { ...BRUSH, value: settings.get("reach"), unit: "px", logarithmic: true, help: say("face.reach.help") }, (now) => settings.set("reach", now));
  const trace = button("import", say("face.trace"), () => face.found.take("lines"), { text: true, class: "wide", id: "trace" });
  const detail = slider(say("face.detail"), { min: 0, max: 1, step: 0.05, value: face.found.detail, help: say("face.detail.help") }, (now) => (face.found.detail = now));
  const row = element("div", { class: "face-tools" }, element("p", { class: "run-help" }, say("face.layer.lines.help")), trace, detail.row, width.row, reach.row);
  return {
    row,
    update: () => {
      row.hidden = face.layer !== "lines";
      width.set(settings.get("pen"));
      reach.set(settings.get("reach"));
      width.row.hidden = app.editor.tool !== "pen";
      reach.row.hidden = app.editor.tool !== "bend";
    },
  };
}

/** What colours are painted with. @param {App} app @returns {Part} */
function tint(app) {
  const { face, settings } = app;
  const swatch = element("input", { type: "color", id: "face-color", value: settings.get("color"), oninput: () => settings.set("color", swatch.value) });
  const pick = button("picker", say("tool.picker"), () => app.take("picker"), { key: written("i") });
  const palette = element("div", { class: "palette", role: "group", "aria-label": say("face.palette") });
  const width = slider(say("face.tint"), { ...BRUSH, value: settings.get("tint"), unit: "px", logarithmic: true, help: say("face.tint.help") }, (now) => settings.set("tint", now));
  const take = button("import", say("face.tracecolors"), () => face.found.take("colors"), { text: true, class: "wide", id: "trace-colors" });
  const row = element("div", { class: "face-tools" },
    element("p", { class: "run-help" }, say("face.layer.colors.help")),
    element("div", { class: "row" }, element("label", { for: "face-color" }, say("face.color")), swatch, pick),
    palette, width.row, take,
  );
  let shown = "";
  return {
    row,
    update: () => {
      row.hidden = face.layer !== "colors";
      width.set(settings.get("tint"));
      const color = settings.get("color");
      if (swatch.value !== color) swatch.value = color;
      const colors = settings.get("palette");
      for (const each of palette.children) each.setAttribute("aria-pressed", String(each instanceof HTMLElement && each.dataset.color === color));
      if (colors === shown) return;
      shown = colors;
      palette.replaceChildren(...colors.split(" ").filter((each) => /^#[0-9a-f]{6}$/.test(each)).map((each) => chip(app, each)));
      palette.hidden = !palette.children.length;
    },
  };
}

/** One of the last colours. @param {App} app @param {string} color */
function chip(app, color) {
  const name = say("face.colored", { color });
  const made = element("button", { type: "button", class: "button color-chip", title: name, "aria-label": name, "aria-pressed": String(color === app.settings.get("color")), "data-color": color, onclick: () => {
    app.settings.set("color", color);
    app.take("paint");
  } }, element("span"));
  made.style.setProperty("--color", color);
  return made;
}

/** The eraser of lines and colours. @param {App} app @returns {Part} */
function wipe({ editor, face, settings }) {
  const width = slider(say("face.wipe"), { ...BRUSH, value: settings.get("wipe"), unit: "px", logarithmic: true, help: say("face.wipe.help") }, (now) => settings.set("wipe", now));
  return {
    row: width.row,
    update: () => {
      width.row.hidden = editor.tool !== "eraser" || face.layer === "mask";
      width.set(settings.get("wipe"));
    },
  };
}

/** Drawing on both sides, and whether every stroke redraws. @param {App} app @returns {Part} */
function mirror({ face, settings }) {
  const auto = toggle(say("run.auto"), settings.get("autoFace"), (on) => settings.set("autoFace", on), say("face.auto.help"));
  const made = toggle(say("face.mirror"), false, (on) => face.mirror(on), say("face.mirror.help"));
  return { row: element("div", {}, made.row, auto.row), update: () => made.set(face.axis !== null) };
}

/** Whose face: found, or its box by hand. @param {App} app @returns {Part} */
export function whose(app) {
  const { editor, face } = app;
  const sides = /** @type {const} */ (["x", "y", "width", "height"]);
  const said = element("p", { class: "run-help" });
  const pick = button("rectangle", say("face.byhand"), () => face.chooseFace(!face.choosing), { text: true, id: "face-box" });
  const find_ = button("face", say("face.find"), () => face.setFace(null), { text: true });
  const fields = sides.map((side) => number(say(`box.${side}`), { min: side === "x" || side === "y" ? 0 : 1, max: FARTHEST, value: 0 }, (value) => {
    const now = face.drawing.face ?? face.face?.box ?? (editor.picture && { x: 0, y: 0, width: editor.picture.width, height: editor.picture.height });
    if (now && Number.isFinite(value)) face.setFace({ ...now, [side]: Math.round(value) });
  }));
  const row = section(say("face.whose"), false, said, element("div", { class: "row buttons" }, pick, find_), element("div", { class: "grid" }, ...fields.map((field) => field.row)));
  let wasMissing = false;
  return {
    row,
    update: () => {
      const { faces } = face.found;
      const hand = face.drawing.face;
      const isMissing = faces?.length === 0 && !hand;
      if (isMissing && !wasMissing) row.open = true; // there is something to be done here
      wasMissing = isMissing;
      said.textContent = hand ? say("face.set") : faces === null ? say("face.looking") : say(isMissing ? "said.noface" : faces.length > 1 ? "said.faces" : "said.face", { count: faces.length });
      said.classList.toggle("warning", isMissing);
      pick.setAttribute("aria-pressed", String(face.choosing));
      find_.hidden = hand === null;
      const box = hand ?? face.face?.box;
      for (const [i, side] of sides.entries()) if (box) fields[i].set(box[side]);
    },
  };
}

/** All other options of the edit, from its own declaration. @param {App} app @returns {Part} */
function more(app) {
  const row = section(say("run.more"), false);
  let count = -1;
  return {
    row,
    update: () => {
      const { properties } = app.schemas.find(({ name }) => name === "redraw")?.options ?? { properties: {} };
      const names = Object.keys(properties).filter((name) => !OWN.includes(name));
      row.hidden = !names.length;
      if (names.length === count) return;
      count = names.length;
      for (const old of [...row.children].slice(1)) old.remove();
      row.append(...names.map((name) => control(app, "redraw", name, properties[name])));
    },
  };
}
