/** Before and after: a line that can be dragged, both side by side, or ten times their difference. */
import { choice } from "../controls.js";
import { element, find } from "../dom.js";
import { say, shown } from "../words.js";

const STEP = 0.02; // of the width, for one press of an arrow key

/** @param {import("../app.js").App} app */
export function buildCompare(app) {
  const { editor } = app;
  const line = find("divider", HTMLElement);
  const pane = find("pane", HTMLElement);
  /** @param {number} split */
  const move = (split) => {
    editor.split = Math.min(1, Math.max(0, split));
    editor.tell("compare");
  };
  line.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    line.focus();
    line.setPointerCapture(event.pointerId);
  });
  line.addEventListener("pointermove", (event) => {
    const { left, width } = pane.getBoundingClientRect();
    if (line.hasPointerCapture(event.pointerId)) move((event.clientX - left) / width);
  });
  line.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -STEP, ArrowRight: STEP, PageUp: 0.2, PageDown: -0.2, Home: -1, End: 1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    move(editor.split + by);
    editor.announce(say("said.split", { percent: Math.round(100 * editor.split) }));
  });
  const kinds = buildKinds(app);
  editor.on(["compare", "photo"], () => {
    line.hidden = editor.compare !== "slider" || !editor.picture;
    kinds.row.hidden = editor.compare === "off" || editor.compare === "original" || !editor.picture;
    if (editor.compare !== "original") kinds.set(editor.compare);
    line.setAttribute("aria-valuenow", String(Math.round(100 * editor.split)));
    line.setAttribute("aria-valuetext", `${shown(100 * editor.split, 0)} %`);
  });
}

/** @param {import("../app.js").App} app */
function buildKinds({ editor }) {
  const kinds = choice(say("compare.name"), [
    { value: "slider", label: say("compare.kind.slider") },
    { value: "side", label: say("compare.kind.side") },
    { value: "difference", label: say("compare.kind.difference") },
    { value: "off", label: say("compare.kind.off") },
  ], "off", (value) => editor.compareBy(/** @type {import("../workplace.js").Compare} */ (value)));
  kinds.row.classList.add("kinds");
  kinds.row.hidden = true;
  find("stage", HTMLElement).append(element("div", { class: "floating" }, kinds.row));
  return kinds;
}
