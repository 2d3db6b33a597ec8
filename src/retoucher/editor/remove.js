/** Taking things out: the mask becomes an order, a rough filling stands in for it, and the result takes its place. */
import { intersection, grown, within } from "./geometry/box.js";
import { Mask, clear, combine } from "./geometry/mask.js";
import { grow } from "./geometry/grow.js";
import { roughFill } from "./geometry/roughfill.js";
import { decodeRuns, encodeRuns, runsArea, runsBox, subtractRuns, unionRuns } from "./geometry/runs.js";
import { shortened } from "./messages.js";
import { Rough } from "./over.js";
import { versionOf } from "./state/document.js";
import { say, shown } from "./words.js";

/** @typedef {import("./editor.js").Editor} Editor */
/** @typedef {import("./api.js").Outcome} Outcome */
/** @typedef {import("./geometry/runs.js").Runs} Runs */
/** @typedef {import("./state/document.js").Patch} Patch */
/** @typedef {import("./words.js").Word} Word */
/** @typedef {import("./state/document.js").State} State */

const ROUGH = 320; // pixels: the longest side of the picture in which a rough filling is made
const SAY_EVERY = 2500; // milliseconds between two reports on the same filling
const LARGE = 0.25; // share of the photo from which on a hole is too large to be filled well

/** What is said while something else than a filling is made. @type {Record<string, Word>} */
const SAID = { harmonize: "said.paintingleft", redraw: "said.redrawingleft", trace: "said.tracingleft", restore: "said.personleft", adjust: "said.personleft" };

/** Orders for filling, and the rough fillings that are shown until they are done. */
export class Remover {
  /** @type {Map<import("./queue.js").Item, Rough>} */ rough = new Map();

  /** @param {Editor} editor */
  constructor(editor) {
    this.editor = editor;
    editor.on("queue", () => {
      const over = [...this.rough.keys()].filter((item) => !editor.queue.items.includes(item));
      for (const item of over) this.rough.delete(item);
      if (over.length) editor.tell("pixels");
      this.#sayHowLong();
    });
  }

  /** Say now and then how long it will take, for those who do not see the bar. */
  #sayHowLong() {
    const running = this.editor.queue.items[0];
    const now = performance.now();
    if (running?.status !== "running" || !running.left || now - Math.max(this.#said, running.started) < SAY_EVERY) return;
    this.#said = now;
    this.editor.announce(say(SAID[running.order.edit] ?? "said.left", { seconds: Math.ceil(running.left) }));
  }

  #said = 0;

  /** What the order will say: the person's choices, and what the mode needs. */
  get options() {
    const { mode, options } = this.editor;
    /** @type {Record<string, unknown>} */
    const opaque = mode === "fill" ? { opaque: true } : {};
    return { ...opaque, ...options.inpaint };
  }

  /**
   * Fill what is masked.
   *
   * @param {Word | null} [stroke] the step that marked it just now; it comes into the history together with its result
   */
  run(stroke = null) {
    this.editor.taken = [];
    this.#order(stroke);
  }

  /** @param {Word | null} stroke */
  #order(stroke) {
    const { editor } = this;
    if (!editor.mask || !editor.history) return;
    const runs = encodeRuns(editor.mask);
    const box = runsBox(runs);
    if (!box) return editor.announce(say("said.nothing"));
    const rough = this.#roughly(editor.mask, box);
    clear(editor.mask);
    editor.lastRun = runs;
    const options = this.options;
    const [title, name] = editor.mode === "fill" ? /** @type {const} */ (["mode.fill", "step.fill"]) : /** @type {const} */ (["mode.remove", "step.remove"]);
    let parent = "";
    const item = editor.queue.add({
      edit: "inpaint",
      title: say(title),
      options,
      runs,
      stroke,
      photo: () => {
        parent = editor.history ? versionOf(editor.history.now) : "";
        return editor.version();
      },
      done: (outcome) => this.#done(item, parent, name, outcome),
      undone: (reason) => this.#undone(item, reason),
    });
    if (rough) this.rough.set(item, rough);
    editor.touched();
    editor.tell("pixels");
    editor.tell("history");
    editor.announce(say("said.filling"));
  }

  /** Do again what was taken back before it was filled. */
  again() {
    const { editor } = this;
    const last = editor.taken.pop();
    if (!last || !editor.mask) return;
    combine(editor.mask, decodeRuns(last.runs), "add");
    this.#order(last.stroke);
  }

  /**
   * Another method for what was filled last: its result takes the place of the one that is shown.
   *
   * @param {string} method
   */
  instead(method) {
    const { editor } = this;
    const state = editor.history?.now;
    const last = state?.patches.at(-1);
    if (!state || !last?.runs || last.edit !== "inpaint" || editor.queue.items.length) return;
    const options = { ...last.options, model: method, weights: "" };
    editor.queue.add({
      edit: "inpaint",
      title: say("step.instead"),
      options,
      runs: null,
      mask: last.runs,
      photo: async () => editor.store.id(state.patches.at(-2)?.id ?? ""),
      done: async (outcome) => {
        const patch = patchOf(outcome, "inpaint", options, last.runs);
        if (editor.history?.now !== state || !patch) return;
        await editor.arrived({ ...state, patches: [...state.patches.slice(0, -1), patch], painted: null }, "step.instead", 0);
        this.#report(patch);
      },
      undone: (reason) => reason && editor.announce(shortened(reason), true),
    });
  }

  /** @param {import("./queue.js").Item} item @param {string} parent @param {Word} name @param {Outcome} outcome */
  async #done(item, parent, name, outcome) {
    const { editor } = this;
    const { runs, stroke, options } = item.order;
    const now = editor.history?.now;
    if (!now || !runs || versionOf(now) !== parent) return; // another picture is shown by now
    const patch = patchOf(outcome, "inpaint", options, runs);
    this.rough.delete(item);
    if (!patch) {
      editor.commit("step.clear"); // every pixel came out as it was
      return editor.announce(outcome.report.notes.join(" ") || say("said.same"));
    }
    if (stroke) editor.note({ ...now, mask: unionRuns(now.mask, runs) }, stroke, item.born);
    await editor.arrived({ ...now, patches: [...now.patches, patch], mask: subtractRuns(now.mask, runs), painted: null }, name, item.born);
    this.#report(patch);
  }

  /** @param {Patch} patch */
  #report(patch) {
    const { editor } = this;
    const area = patch.runs ? runsArea(patch.runs) : 0;
    const { picture } = editor;
    const hint = picture && area > LARGE * picture.width * picture.height ? ` ${say("hint.large")}` : "";
    editor.announce(say("said.filled", { method: editor.connection.label(patch.method), seconds: shown(patch.seconds) }) + hint);
  }

  /** Cancelled or failed: what was masked is masked again, as before. @param {import("./queue.js").Item} item @param {import("./api.js").ApiError | null} reason */
  #undone({ order: { runs, stroke } }, reason) {
    const { editor } = this;
    if (!runs || !editor.mask || runs.width !== editor.mask.width || runs.height !== editor.mask.height) return;
    editor.touched(combine(editor.mask, decodeRuns(runs), "add"));
    if (stroke) editor.commit(stroke);
    editor.tell("pixels");
    editor.announce(reason ? shortened(reason) : say("said.cancelled"), Boolean(reason));
  }

  /** @param {Mask} mask @param {import("./geometry/box.js").Box} box */
  #roughly(mask, box) {
    const { picture } = this.editor;
    if (!picture) return null;
    const size = Number(this.options.grow ?? 4);
    const margin = 16 + size + Math.round(Math.max(box.width, box.height) / 4);
    const region = within(grown(box, margin), picture.width, picture.height);
    if (!region) return null;
    const pixels = picture.sample(region, ROUGH);
    const hole = grow(reduced(mask, region, pixels), Math.ceil((size * pixels.width) / region.width) + 1);
    const filled = roughFill(pixels, hole.data);
    for (let i = 0; i < hole.data.length; i++) filled[4 * i + 3] = hole.data[i] ? 255 : 0;
    return new Rough(region, new ImageData(new Uint8ClampedArray(filled), pixels.width, pixels.height));
  }
}

/**
 * The patch that a result is, or null where nothing changed.
 *
 * @param {Outcome} outcome
 * @param {string} edit
 * @param {Record<string, unknown>} options
 * @param {Runs | null} runs
 * @returns {Patch | null}
 */
export function patchOf(outcome, edit, options, runs) {
  if (!outcome.photo || !outcome.patch) return null;
  const { x, y, width, height } = outcome.patch;
  const { method, weights, seconds, notes } = outcome.report;
  return { id: outcome.photo.id, box: { x, y, width, height }, edit, options, runs, method, weights, outside: outcome.outside, seconds, notes };
}

/**
 * A mask's part at a smaller size: a pixel is masked if any of those that it stands for is.
 *
 * @param {Mask} mask
 * @param {import("./geometry/box.js").Box} region
 * @param {{width: number, height: number}} size
 */
function reduced(mask, region, { width, height }) {
  const small = Mask.none(width, height);
  const part = intersection(mask.box(region), region);
  if (!part) return small;
  const columns = new Int32Array(part.width).map((_, i) => Math.min(width - 1, Math.floor(((part.x + i - region.x) * width) / region.width)));
  for (let y = part.y; y < part.y + part.height; y++) {
    const row = width * Math.min(height - 1, Math.floor(((y - region.y) * height) / region.height));
    for (let i = 0; i < part.width; i++) if (mask.data[y * mask.width + part.x + i]) small.data[row + columns[i]] = 1;
  }
  return small;
}
