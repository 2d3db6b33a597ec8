/** Orders for redrawing a face, and what becomes of their results: each takes the last one's place until it is kept. */
import { grown, union, within } from "../geometry/box.js";
import { asOption } from "../geometry/facebox.js";
import { boundsOf, drawLine } from "../geometry/lines.js";
import { Mask, clear, combine } from "../geometry/mask.js";
import { decodeRuns, encodeRuns, runsArea, runsBox, subtractRuns } from "../geometry/runs.js";
import { encodeLinesPng, encodePaintPng } from "../geometry/sheets.js";
import { paintedPixels } from "../ink.js";
import { shortened } from "../messages.js";
import { patchOf } from "../remove.js";
import { beneath } from "../state/document.js";
import { say, shown } from "../words.js";

/** @typedef {import("../state/document.js").Drawing} Drawing */
/** @typedef {import("../state/document.js").State} State */
/** @typedef {import("../geometry/box.js").Box} Box */
/** @typedef {import("../geometry/runs.js").Runs} Runs */

export class Redrawing {
  /** @type {import("../queue.js").Item | null} */ #item = null;
  /** @type {State | null} */ #asked = null; // the state for which it was asked

  /** @param {import("./face.js").Face} face */
  constructor(face) {
    this.face = face;
    const { editor } = face;
    this.editor = editor;
    editor.on("photo", () => (this.#asked = this.#item = null));
    const more = editor.more;
    editor.more = async (patch) => (patch.drawn && patch.runs ? this.#sheets(patch.drawn, patch.runs) : more(patch));
  }

  get isBusy() {
    return this.#item !== null && this.editor.queue.items.includes(this.#item);
  }

  /** Whether the result that is shown gives way to the next one. */
  get isOpen() {
    const now = this.editor.history?.now;
    return Boolean(now?.open && now.patches.at(-1)?.id === now.open);
  }

  /** What is missing before anything can be redrawn, or "". */
  get hindrance() {
    if (!this.face.isMarked) return say("said.nomaskyetface");
    return this.face.found.faces?.length === 0 && !this.face.drawing.face ? say("said.noface") : "";
  }

  /** Enter: redraw what is masked. */
  enter() {
    if (this.hindrance) return this.editor.announce(this.hindrance, true);
    this.#run();
  }

  /** A stroke is done: redraw where that is wanted. */
  auto() {
    if (this.face.isHere && this.face.app.settings.get("autoFace") && !this.hindrance) this.#run();
  }

  /** Take back an order that was the last thing done. False where there is none. */
  undo() {
    if (!this.#item || !this.isBusy || this.#asked !== this.editor.history?.now) return false;
    this.editor.queue.cancel(this.#item);
    return true;
  }

  /** The result is good: it stays, and the layers are free for something else. */
  keep() {
    const { editor, face } = this;
    const now = editor.history?.now;
    if (!now || !this.isOpen || !editor.mask) return;
    editor.touched(clear(editor.mask));
    face.step({ ...now, mask: encodeRuns(editor.mask), open: "", drawing: { ...face.drawing, lines: [], paints: [] } }, "step.keepface");
    editor.announce(say("said.keptface"));
  }

  /** The mode is left: what is shown stays, and its mask is done with; what is drawn waits. */
  leave() {
    const { editor, face } = this;
    const now = editor.history?.now;
    const runs = now?.patches.at(-1)?.runs;
    if (!now || !runs || !this.isOpen) return;
    face.step({ ...now, mask: subtractRuns(now.mask, runs), open: "" }, "step.keepface");
    editor.restoreMask();
  }

  #run() {
    const { editor, face } = this;
    const { history } = editor;
    if (!history) return;
    if (this.#item) editor.queue.cancel(this.#item, true); // the newer lines are what is wanted
    const runs = history.now.mask;
    const { drawing } = face;
    const { base } = face.found;
    const options = { ...editor.options.redraw, face: drawing.face ? asOption(drawing.face) : "" };
    this.#asked = history.now;
    const item = editor.queue.add({
      edit: "redraw",
      title: say("mode.face"),
      options,
      runs: null,
      mask: runs,
      more: () => this.#sheets(drawing, runs),
      photo: async () => {
        await editor.store.uploaded;
        return editor.store.id(base);
      },
      done: async (outcome) => {
        const patch = patchOf(outcome, "redraw", options, runs);
        if (base !== face.found.base) return; // another picture is shown by now
        if (!patch) return editor.announce(outcome.report.notes.join(" ") || say("said.same"), true);
        await this.#done({ ...patch, drawn: drawing }, runs, item.born);
      },
      undone: (reason) => editor.announce(reason ? shortened(reason) : say("said.cancelled"), Boolean(reason)),
    });
    this.#item = item;
    editor.announce(say("said.redrawing"));
  }

  /** @param {import("../state/document.js").Patch} patch @param {Runs} runs @param {number} born */
  async #done(patch, runs, born) {
    const { editor, face } = this;
    const now = editor.history?.now;
    if (!now) return;
    editor.lastRun = runs;
    const state = { ...now, patches: [...beneath(now), patch], painted: null };
    if (face.isHere) await editor.arrived({ ...state, open: patch.id }, "step.redrawn", born);
    else {
      await editor.arrived({ ...state, open: "", mask: subtractRuns(now.mask, runs) }, "step.redrawn", born);
      editor.restoreMask();
    }
    face.reveal();
    editor.announce([say("said.redrawn", { seconds: shown(patch.seconds) }), ...patch.notes].join(" "));
  }

  /** Lines and colours as pictures of the photo's size; what was taken from the photo counts within the mask only. @param {Drawing} drawing @param {Runs} runs */
  async #sheets({ lines, paints, size }, runs) {
    const mask = decodeRuns(runs);
    await this.face.found.pictured({ lines, paints, size, face: null });
    return { sketch: await sketchOf(lines, mask), color: await this.#colorOf(paints, mask, runsBox(runs)) };
  }

  /** @param {Drawing["paints"]} paints @param {Mask} mask @param {Box | null} marked */
  async #colorOf(paints, mask, marked) {
    const box = within(paints.reduce((/** @type {Box | null} */ all, paint) => union(all, reachOf(paint)), marked), mask.width, mask.height);
    if (!paints.length || !box) return null;
    const pixels = paintedPixels(paints, this.face.found.pictures, box, mask);
    if (paints.some((paint) => "picture" in paint)) cut(pixels, mask, box);
    return pixels.some((value, i) => i % 4 === 3 && value > 127) ? encodePaintPng(mask, box, pixels) : null;
  }
}

/** @param {Drawing["lines"]} lines @param {Mask} mask */
async function sketchOf(lines, mask) {
  if (!lines.length) return null;
  const sheet = Mask.none(mask.width, mask.height);
  const marked = mask.box();
  for (const line of lines) if (line.traced && meets(boundsOf(line), marked)) drawLine(sheet, line);
  combine(sheet, mask, "intersect");
  for (const line of lines) if (!line.traced) drawLine(sheet, line);
  return runsArea(encodeRuns(sheet)) ? encodeLinesPng(sheet) : null;
}

/** @param {Box} a @param {Box | null} b */
function meets(a, b) {
  return b !== null && a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** Take away what lies outside the mask. @param {Uint8ClampedArray} pixels of the box @param {Mask} mask @param {Box} box */
function cut(pixels, mask, box) {
  for (let y = 0, i = 3; y < box.height; y++)
    for (let at = (box.y + y) * mask.width + box.x, end = at + box.width; at < end; at++, i += 4) if (!mask.data[at]) pixels[i] = 0;
}

/** The box that a stroke of colour covers. @param {import("../state/document.js").Paint} paint @returns {Box | null} */
function reachOf(paint) {
  if ("picture" in paint || paint.color === null) return null;
  const { points } = paint;
  /** @type {Box | null} */ let box = null;
  for (let i = 0; i < points.length; i += 3) box = union(box, grown({ x: Math.floor(points[i]), y: Math.floor(points[i + 1]), width: 1, height: 1 }, Math.ceil(points[i + 2])));
  return box;
}
