/** The panel of Paint-in: an object's picture, painting in and applying, and all of its placing as numbers. */
import { BRUSH, written } from "../commands.js";
import { button, choice, number, section, slider, toggle } from "../controls.js";
import { element, find } from "../dom.js";
import { scaledTo, turnedTo } from "../geometry/placing.js";
import { say } from "../words.js";
import { control } from "./run.js";

/** @typedef {import("../app.js").App} App */
/** @typedef {{row: HTMLElement, update(): void}} Part */

const WORKING = { minimum: 128, maximum: 2000, default: 700 }; // the working size's ends until the edit's own are known
const USUAL = 0.5; // the strength at which choosing it by hand begins
const FARTHEST = 100_000; // pixels, as fields of places take them
const OWN = ["x", "y", "scale", "rotate", "flip", "strength", "like", "size"]; // options with a place of their own

/** @param {App} app */
export function buildPaintIn(app) {
  const { editor, paintin } = app;
  const input = picker(app);
  const first = element("p", { class: "run-help" }, say("paintin.help"));
  const choose = button("import", say("paintin.choose"), () => input.click(), { text: true, class: "main wide", id: "choose-object" });
  const parts = [go(app), uncut(app), strength(app), changes(app, input), placing(app), strokes(app), trimming(app), more(app)];
  const box = element("div", { class: "run paint-in", hidden: true }, first, choose, input, ...parts.map(({ row }) => row));
  const badge = element("p", { class: "badge", hidden: true });
  find("stage", HTMLElement).append(badge);
  const update = () => {
    const isThere = paintin.placed !== null;
    box.hidden = editor.mode !== "paint-in";
    first.hidden = choose.hidden = isThere;
    for (const { row, update: now } of parts) {
      row.hidden = !isThere;
      if (isThere && !box.hidden) now();
    }
    badge.textContent = !isThere ? "" : box.hidden ? say("badge.painted") : shownAs(app); // in other modes it lies on the photo, too
    badge.hidden = !badge.textContent;
  };
  editor.on(["photo", "mode", "placed", "queue", "tool", "compare"], update);
  update();
  return box;
}

/** What the photo shows of the object, in two words. @param {App} app */
function shownAs({ editor, paintin: { painting, painted, isPlain, isUncut } }) {
  if (editor.compare !== "off" || isPlain || isUncut) return "";
  if (painting.showsMap) return say("badge.map");
  if (painted) return say("badge.painted");
  if (painting.isBusy) return say("badge.painting");
  if (painting.quick.picture) return say("badge.preview");
  return painting.quick.isBusy ? say("badge.waiting") : "";
}

/** @param {App} app */
function picker({ paintin }) {
  const input = element("input", { type: "file", accept: "image/*,.heic,.heif,.avif,.tif,.tiff", class: "unseen", tabIndex: -1, id: "object-input", "aria-label": say("paintin.choose"), onchange: () => {
    const file = input.files?.[0];
    input.value = ""; // so that the same file can be chosen again
    if (file) void paintin.add({ blob: file, name: file.name });
  } });
  return input;
}

/** The button that paints in, and applies. @param {App} app @returns {Part} */
function go(app) {
  const { paintin } = app;
  const paint = button("play", say("paintin.run"), () => app.enter(), { key: written("Enter"), text: true, class: "main wide", id: "paint" });
  const apply = button("check", say("paintin.apply"), () => app.enter(), { key: written("Enter"), text: true, class: "main wide", id: "apply" });
  const map = toggle(say("paintin.map"), false, (on) => paintin.painting.showMap(on), say("paintin.map.help"));
  const said = element("p", { class: "run-help" });
  return {
    row: element("div", { class: "go" }, paint, apply, said, map.row),
    update: () => {
      const { painted, painting, trimming } = paintin;
      const label = paint.lastElementChild;
      if (label) label.textContent = say(trimming.isOpen ? "paintin.take" : "paintin.run"); // Enter, for who has no keyboard
      const hadFocus = [paint, apply].some((each) => each === document.activeElement);
      paint.hidden = painted !== null && !trimming.isOpen;
      apply.hidden = !paint.hidden;
      if (hadFocus) (paint.hidden ? apply : paint).focus();
      paint.disabled = !trimming.isOpen && (painting.isBusy || Boolean(painting.hindrance));
      said.textContent = painting.hindrance || (painted ? say("paintin.notapplied") : "");
      said.hidden = !said.textContent;
      map.row.hidden = painting.map === null;
      map.set(painting.showsMap);
    },
  };
}

/** What to do about a picture without an outline. @param {App} app @returns {Part} */
function uncut(app) {
  const made = element("div", { class: "advice" },
    element("p", {}, say("paintin.uncut")),
    element("div", { class: "row buttons" },
      button("select", say("paintin.cut"), () => app.take("select"), { text: true }),
      button("eraser", say("paintin.erase"), () => app.take("eraser"), { text: true }),
      button("rectangle", say("paintin.asis"), () => app.paintin.accept(), { text: true }),
    ),
  );
  const row = element("div", {}, made);
  return { row, update: () => (made.hidden = !app.paintin.isUncut) };
}

/** @param {App} app @returns {Part} */
function strength({ paintin }) {
  const how = choice(say("paintin.strength"), [
    { value: "auto", label: say("paintin.auto"), title: say("paintin.auto.help") },
    { value: "hand", label: say("paintin.byhand") },
  ], "auto", (value) => paintin.change({ strength: value === "auto" ? null : USUAL }, "step.strength"));
  const set = (/** @type {number} */ value) => paintin.change({ strength: value }, "step.strength", true);
  const range = slider(say("paintin.how"), { min: 0, max: 1, step: 0.05, value: USUAL, help: say("paintin.how.help") }, () => {}, set);
  return {
    row: element("div", {}, how.row, range.row),
    update: () => {
      const now = paintin.placed?.strength ?? null;
      how.set(now === null ? "auto" : "hand");
      range.row.hidden = now === null;
      if (now !== null && !range.row.contains(document.activeElement)) range.set(now);
    },
  };
}

/** @param {App} app @param {HTMLInputElement} input @returns {Part} */
function changes({ paintin }, input) {
  const row = element("div", { class: "row buttons" },
    button("compare", say("object.flip"), () => paintin.flip(), { text: true, key: "Shift+H" }),
    button("import", say("paintin.another"), () => input.click(), { text: true }),
    button("clear", say("object.remove"), () => paintin.remove(), { text: true, key: "Delete" }),
  );
  return { row, update: () => {} };
}

/** Where the object lies, as numbers. @param {App} app @returns {Part} */
function placing({ editor, paintin }) {
  /** @type {(change: (placed: import("../state/document.js").Placed, value: number) => import("../geometry/placing.js").Place, step: import("../words.js").Word) => (value: number) => void} */
  const put = (change, step) => (value) => {
    const { placed } = paintin;
    if (placed && Number.isFinite(value)) paintin.put(change(placed, value), step, true);
  };
  const fields = {
    x: number(say("paintin.x"), { min: -FARTHEST, max: FARTHEST, step: "any", value: 0 }, put(({ place }, x) => ({ ...place, x }), "step.moved")),
    y: number(say("paintin.y"), { min: -FARTHEST, max: FARTHEST, step: "any", value: 0 }, put(({ place }, y) => ({ ...place, y }), "step.moved")),
    scale: number(say("paintin.scale"), { min: 0.01, max: FARTHEST, step: "any", value: 100 }, put(({ place, size }, percent) => (editor.picture && percent > 0 ? scaledTo(place, size, editor.picture, percent / 100) : place), "step.scaled")),
    rotate: number(say("paintin.rotate"), { min: -360, max: 360, step: "any", value: 0 }, put(({ place }, degrees) => turnedTo(place, degrees), "step.turned")),
  };
  return {
    row: section(say("paintin.placing"), true, element("div", { class: "grid" }, ...Object.values(fields).map(({ row }) => row))),
    update: () => {
      const place = paintin.live ?? paintin.placed?.place;
      if (!place) return;
      const { x, y, scale, rotate } = place;
      const now = { x, y, scale: Number((100 * scale).toPrecision(4)), rotate };
      for (const name of /** @type {(keyof typeof now)[]} */ (Object.keys(now))) fields[name].set(now[name]);
    },
  };
}

/** Where the strokes are taken from. @param {App} app @returns {Part} */
function strokes({ editor, paintin }) {
  const sides = /** @type {const} */ (["x", "y", "width", "height"]);
  const pick = button("rectangle", say("paintin.like"), () => paintin.choose(!paintin.choosing), { text: true });
  const all = button("fit", say("paintin.likeall"), () => paintin.like(null), { text: true });
  const fields = sides.map((side) => number(say(`box.${side}`), { min: side === "x" || side === "y" ? 0 : 1, max: FARTHEST, value: 0 }, (value) => {
    const now = paintin.placed?.like;
    if (now && Number.isFinite(value)) paintin.like({ ...now, [side]: Math.round(value) }, true);
  }));
  const numbers = element("div", { class: "grid" }, ...fields.map(({ row }) => row));
  const middle = button("plus", say("paintin.likenumbers"), () => {
    const { picture } = editor;
    if (picture) paintin.like({ x: Math.round(picture.width / 4), y: Math.round(picture.height / 4), width: Math.round(picture.width / 2), height: Math.round(picture.height / 2) });
  }, { text: true });
  return {
    row: section(say("paintin.strokes"), false, element("p", { class: "run-help" }, say("paintin.strokes.help")), element("div", { class: "row buttons" }, pick, middle, all), numbers),
    update: () => {
      const like = paintin.placed?.like ?? null;
      pick.setAttribute("aria-pressed", String(paintin.choosing));
      all.hidden = numbers.hidden = like === null;
      middle.hidden = like !== null;
      for (const [i, side] of sides.entries()) if (like) fields[i].set(like[side]);
    },
  };
}

/** The brush that trims the object. @param {App} app @returns {Part} */
function trimming(app) {
  const { editor, settings, paintin } = app;
  const size = slider(say("brush.size"), { ...BRUSH, value: settings.get("brush"), unit: "px", logarithmic: true, help: say("brush.help") }, (now) => settings.set("brush", now));
  settings.addEventListener("change", () => size.set(settings.get("brush")));
  const how = choice(say("paintin.keep"), [
    { value: "add", label: say("mask.add") },
    { value: "subtract", label: say("mask.subtract") },
    { value: "intersect", label: say("mask.intersect") },
  ], editor.how, (value) => editor.combineBy(/** @type {import("../workplace.js").How} */ (value)));
  const whole = button("undo", say("paintin.whole"), () => app.clear(), { text: true });
  const swap = button("invert", say("mask.invert"), () => app.invert(), { text: true });
  const row = section(say("paintin.trim"), false, element("p", { class: "run-help" }, say("paintin.trim.help")), size.row, how.row, element("div", { class: "row buttons" }, whole, swap));
  let last = editor.tool;
  return {
    row,
    update: () => {
      if (last !== editor.tool && (editor.tool === "brush" || editor.tool === "eraser")) row.open = true; // its size is wanted now
      last = editor.tool;
      how.set(editor.how);
      whole.disabled = swap.disabled = !paintin.placed?.trim;
    },
  };
}

/** The size at which it is painted. @param {App} app @param {typeof WORKING} ends @param {() => void} chosen */
function working({ editor }, { minimum: min, maximum: max, default: usual }, chosen) {
  const value = Number(editor.options.harmonize?.size ?? usual);
  const made = number(say("paintin.size"), { min, max, value, help: say("paintin.size.help") }, (typed) => {
    const size = Math.min(max, Math.max(min, Math.round(typed || usual)));
    made.set(size);
    editor.options.harmonize = { ...editor.options.harmonize, size };
    chosen();
  });
  return made.row;
}

/** All other options of the edit, from its own declaration. @param {App} app @returns {Part} */
function more(app) {
  const row = section(say("run.more"), false);
  let count = -1;
  return {
    row,
    update: () => {
      const { properties } = app.schemas.find(({ name }) => name === "harmonize")?.options ?? { properties: {} };
      const names = Object.keys(properties).filter((name) => !OWN.includes(name));
      if (names.length === count) return;
      count = names.length;
      for (const old of [...row.children].slice(1)) old.remove();
      const chosen = () => app.paintin.change({}, "step.options");
      row.append(working(app, properties.size ?? WORKING, chosen), ...names.map((name) => control(app, "harmonize", name, properties[name], chosen)));
    },
  };
}
