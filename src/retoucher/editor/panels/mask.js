/** The brush and the mask: sizes, how shapes combine, what can be done to all of it, files, and how it looks. */
import { BRUSH } from "../commands.js";
import { button, choice, number, section, slider } from "../controls.js";
import { element } from "../dom.js";
import { decodeMaskPng, encodeMaskPng } from "../geometry/png.js";
import { grow } from "../geometry/grow.js";
import { decodeRuns } from "../geometry/runs.js";
import { growMask, invertMask, maskAgain } from "../masking.js";
import { shortened } from "../messages.js";
import { isFilling } from "../modes.js";
import { maskOf } from "../tools.js";
import { say } from "../words.js";

/** @typedef {import("../app.js").App} App */

const FARTHEST = 200; // pixels by which a mask is grown or shrunk at once

/** @param {App} app */
export function buildMask(app) {
  const { editor, settings } = app;
  const size = slider(say("brush.size"), { ...BRUSH, value: settings.get("brush"), unit: "px", logarithmic: true, help: say("brush.help") }, (now) => settings.set("brush", now));
  settings.addEventListener("change", () => size.set(settings.get("brush")));
  const how = choice(say("mask.how"), [
    { value: "add", label: say("mask.add") },
    { value: "subtract", label: say("mask.subtract") },
    { value: "intersect", label: say("mask.intersect") },
  ], editor.how, (value) => editor.combineBy(/** @type {import("../workplace.js").How} */ (value)));
  editor.on("tool", () => how.set(editor.how));
  const made = section(say("panel.mask"), true, size.row, how.row, all(app), growing(app), rectangle(app), files(app));
  const isMarking = () => isFilling(editor.mode) || (editor.mode === "face" && app.face.layer === "mask") || (editor.mode === "person" && app.person.action === "restore");
  editor.on(["mode", "tool", "placed"], () => (made.hidden = !isMarking())); // what is in hand there works on something else
  return made;
}

/** @param {App} app */
function all(app) {
  const { editor } = app;
  return element("div", { class: "row buttons" },
    button("clear", say("mask.clear"), () => app.clear(), { text: true }),
    button("invert", say("mask.invert"), () => invertMask(editor), { text: true }),
    button("undo", say("mask.again"), () => maskAgain(editor), { text: true, key: "Shift+R" }),
  );
}

/** Growing and shrinking the mask itself, seen before it is done. @param {App} app */
function growing({ editor }) {
  const made = slider(say("mask.grow"), { min: -FARTHEST, max: FARTHEST, value: 0, unit: "px", help: say("mask.grow.help") }, (pixels) => {
    if (!editor.mask) return;
    editor.preview = pixels ? grow(editor.mask, pixels) : null;
    editor.touched();
  }, (pixels) => {
    editor.preview = null;
    growMask(editor, pixels);
    editor.touched();
    made.set(0);
  });
  return made.row;
}

/** A rectangle by numbers. @param {App} app */
function rectangle({ editor }) {
  const box = { x: 0, y: 0, width: 100, height: 100 };
  const rows = /** @type {(keyof typeof box)[]} */ (["x", "y", "width", "height"]).map((side) => {
    const least = side === "x" || side === "y" ? 0 : 1;
    return number(say(`box.${side}`), { min: least, max: 100000, value: box[side] }, (now) => (box[side] = Math.max(least, Math.round(now)))).row;
  });
  const mark = () => editor.mask && editor.shape(maskOf(editor.mask, { ...box }), editor.how, "step.rectangle");
  return section(say("box.title"), false, element("div", { class: "grid" }, ...rows), button("rectangle", say("box.mark"), mark, { text: true }));
}

/** @param {App} app */
function files(app) {
  const input = element("input", { type: "file", accept: "image/*", class: "unseen", tabIndex: -1, id: "mask-input", "aria-label": say("mask.import"), onchange: () => {
    const file = input.files?.[0];
    input.value = "";
    if (file) void importMask(app, file);
  } });
  return element("div", { class: "row buttons" },
    button("import", say("mask.import"), () => input.click(), { text: true }),
    button("save", say("mask.export"), () => void exportMask(app), { text: true }),
    input,
  );
}

/** @param {App} app @param {Blob} file */
export async function importMask({ editor }, file) {
  try {
    const mask = await decodeMaskPng(await editor.api.readMask(file, await editor.version()));
    if (!mask.box()) return editor.announce(say("said.nomask"), true);
    editor.shape(mask, "replace", "step.import");
    editor.announce(say("said.imported", { percent: editor.percent }));
  } catch (error) {
    editor.announce(shortened(error), true);
  }
}

/** @param {App} app */
async function exportMask({ editor }) {
  if (!editor.mask || !editor.source) return;
  const drawn = editor.mask.box() || !editor.lastRun ? editor.mask : decodeRuns(editor.lastRun);
  const link = element("a", {
    href: URL.createObjectURL(new Blob([await encodeMaskPng(drawn)], { type: "image/png" })),
    download: `${editor.source.name.replace(/\.[^.]*$/, "")}-mask.png`,
  });
  link.click();
  URL.revokeObjectURL(link.href);
}
