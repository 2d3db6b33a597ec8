/** Making the photo larger: so many pixels on each side, filled from what is there. */
import { button, dialog, number } from "../controls.js";
import { element } from "../dom.js";
import { moved } from "../geometry/placing.js";
import { encodeRuns } from "../geometry/runs.js";
import { whole } from "../geometry/view.js";
import { Mask } from "../geometry/mask.js";
import { versionOf } from "../state/document.js";
import { shortened } from "../messages.js";
import { say } from "../words.js";

const SIDES = /** @type {const} */ (["left", "top", "right", "bottom"]);
const MOST = 4000; // pixels on one side

/** @param {import("../app.js").App} app */
export function showExtend(app) {
  const { editor } = app;
  if (!editor.picture) return;
  const sides = { left: 0, top: 0, right: 0, bottom: 0 };
  const rows = SIDES.map((side) => number(say(`extend.${side}`), { min: 0, max: MOST, value: 0 }, (pixels) => (sides[side] = Math.min(MOST, Math.max(0, Math.round(pixels)))) ).row);
  const form = element("form", { method: "dialog" }, element("p", {}, say("extend.help")), ...rows);
  const shown = dialog(say("fill.extend"), say("dialog.close"), form);
  const start = () => {
    shown.close();
    if (SIDES.some((side) => sides[side] > 0)) extend(app, { ...sides });
  };
  form.addEventListener("submit", start);
  const go = button("play", say("extend.run"), () => {}, { text: true, class: "main" });
  go.type = "submit";
  form.append(element("footer", {}, go));
}

/** @param {import("../app.js").App} app @param {Record<"left" | "top" | "right" | "bottom", number>} sides */
function extend(app, sides) {
  const { editor } = app;
  editor.announce(say("said.enlarging"));
  let parent = "";
  const item = editor.queue.add({
    edit: "extend",
    title: say("step.extend"),
    options: sides,
    runs: null,
    photo: () => {
      parent = editor.history ? versionOf(editor.history.now) : "";
      return editor.version();
    },
    done: async ({ photo, report, outside }) => {
      if (!photo || !editor.history || versionOf(editor.history.now) !== parent) return;
      const { method, weights, seconds, notes } = report;
      const patch = { id: photo.id, box: null, edit: "extend", options: sides, runs: null, method, weights, outside, seconds, notes };
      const mask = encodeRuns(Mask.none(photo.width, photo.height));
      const { patches, placed } = editor.history.now;
      const kept = placed && { ...placed, place: moved(placed.place, { x: 0, y: 0 }, { x: sides.left, y: sides.top }), like: null };
      await editor.arrived({ patches: [...patches, patch], mask, placed: kept }, "step.extend", item.born);
      editor.announce(say("said.larger", { width: photo.width, height: photo.height }));
      if (editor.picture) editor.look(whole(editor.picture, editor.screen));
    },
    undone: (reason) => reason && editor.announce(shortened(reason), true),
  });
}
