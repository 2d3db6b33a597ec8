/** Orders for restoring, enlarging and changing a person's face, and what becomes of their results. */
import { asOption } from "../geometry/facebox.js";
import { Mask, clear } from "../geometry/mask.js";
import { encodeRuns, subtractRuns } from "../geometry/runs.js";
import { whole } from "../geometry/view.js";
import { shortened } from "../messages.js";
import { beneath } from "../state/document.js";
import { say, shown } from "../words.js";

/** @typedef {import("../state/document.js").State} State */
/** @typedef {import("../state/document.js").Patch} Patch */
/** @typedef {import("../state/document.js").Answer} Answer */
/** @typedef {import("../api.js").Outcome} Outcome */
/** @typedef {import("../geometry/runs.js").Runs} Runs */
/** @typedef {import("../words.js").Word} Word */

/** What is asked for: an edit, its options, and the step that its result is. @typedef {{edit: "restore" | "adjust", options: Record<string, unknown>, isMasked: boolean, step: Word}} Wish */

/** Edits of a person. */
const EDITS = ["restore", "adjust"];

export class Orders {
  /** @type {import("../queue.js").Item | null} */ #item = null;
  /** @type {State | null} */ #asked = null; // the state for which it was asked

  /** @param {import("./person.js").PersonMode} mode */
  constructor(mode) {
    this.mode = mode;
    this.editor = mode.editor;
    this.editor.on("photo", () => (this.#asked = this.#item = null));
  }

  get isBusy() {
    return this.#item !== null && this.editor.queue.items.includes(this.#item);
  }

  /** The last result, as long as it gives way to the next one. */
  get open() {
    const now = this.editor.history?.now;
    const last = now?.patches.at(-1);
    return now?.open && last?.id === now.open && EDITS.includes(last.edit) ? last : null;
  }

  /** Take back an order that was the last thing done. False where there is none. */
  undo() {
    if (!this.#item || !this.isBusy || this.#asked !== this.editor.history?.now) return false;
    this.editor.queue.cancel(this.#item);
    return true;
  }

  /** Ask for something; an order that is on its way gives way to it. @param {Wish} wish */
  give(wish) {
    const { editor } = this;
    const now = editor.history?.now;
    if (!now) return;
    if (this.#item) editor.queue.cancel(this.#item, true);
    const base = this.base;
    const runs = wish.isMasked ? now.mask : null;
    const { face } = this.mode.app.face.drawing;
    const options = { ...wish.options, face: face ? asOption(face) : "" };
    this.#asked = now;
    const item = editor.queue.add({
      edit: wish.edit,
      title: say("mode.person"),
      options,
      runs: null,
      mask: runs,
      photo: async () => {
        await editor.store.uploaded;
        return editor.store.id(base);
      },
      done: async (outcome) => {
        if (base !== this.base) return; // another picture is shown by now
        const patch = await this.#patch(outcome, { ...wish, options }, runs);
        if (!patch) return editor.announce(outcome.report.notes.join(" ") || say("said.same"), true);
        await this.#done(patch, wish.step, item.born);
      },
      undone: (reason) => editor.announce(reason ? shortened(reason) : say("said.cancelled"), Boolean(reason)),
    });
    this.#item = item;
    editor.announce(say("said.person"));
  }

  /** The version below the open result. */
  get base() {
    const now = this.editor.history?.now;
    return (now && beneath(now).at(-1)?.id) ?? "";
  }

  /**
   * The first answer as a patch that knows the others; null where nothing changed.
   *
   * @param {Outcome} outcome
   * @param {Wish} wish
   * @param {Runs | null} runs
   * @returns {Promise<Patch | null>}
   */
  async #patch(outcome, { edit, options }, runs) {
    const before = await this.editor.api.photo(this.editor.store.id(this.base));
    const answers = [outcome, ...(outcome.others ?? [])].flatMap((each) => answerOf(each, before));
    if (!answers.length) return null;
    const { method, weights, seconds, notes } = outcome.report;
    return { ...answers[0], edit, options, runs, method, weights, seconds, notes, ...(answers.length > 1 ? { answers } : {}) };
  }

  /** @param {Patch} patch @param {Word} step @param {number} born */
  async #done(patch, step, born) {
    const { editor, mode } = this;
    const now = editor.history?.now;
    if (!now) return;
    const isEnlarged = patch.box === null;
    const mask = isEnlarged ? await this.#none(patch.id) : now.mask;
    const state = { ...now, patches: [...beneath(now), patch], painted: null, mask, open: mode.isHere ? patch.id : "" };
    if (patch.runs && !mode.isHere) state.mask = subtractRuns(state.mask, patch.runs);
    if (patch.runs) editor.lastRun = patch.runs;
    await editor.arrived(state, step, born);
    editor.restoreMask();
    mode.reveal();
    if (isEnlarged && editor.picture) editor.look(whole(editor.picture, editor.screen));
    const how = isEnlarged ? say("said.larger", { width: state.mask.width, height: state.mask.height }) : say("said.personed", { seconds: shown(patch.seconds) });
    editor.announce([how, patch.answers ? say("said.answers", { count: patch.answers.length }) : "", ...patch.notes].filter(Boolean).join(" "));
  }

  /** An empty mask of a version's size. @param {string} id */
  async #none(id) {
    const { width, height } = await this.editor.api.photo(this.editor.store.id(id));
    return encodeRuns(Mask.none(width, height));
  }

  /** The next of several answers. False where there are none. */
  cycle() {
    const { answers = [], id } = this.editor.history?.now.patches.at(-1) ?? {};
    if (answers.length < 2) return false;
    void this.choose((answers.findIndex((each) => each.id === id) + 1) % answers.length);
    return true;
  }

  /** Show one of several answers in the place of the one that is shown. @param {number} index */
  async choose(index) {
    const { editor } = this;
    const now = editor.history?.now;
    const last = now?.patches.at(-1);
    const answer = last?.answers?.[index];
    if (!now || !last || !answer || answer.id === last.id || editor.queue.items.length) return;
    const isOpen = now.open === last.id;
    await editor.arrived({ ...now, patches: [...now.patches.slice(0, -1), { ...last, ...answer }], open: isOpen ? answer.id : now.open }, "step.repaired", 0);
    this.mode.reveal();
    editor.announce(say("said.answer", { number: index + 1, count: last.answers?.length ?? 0 }));
  }

  /** The result is good: the next one begins from there, and what was marked is done with. */
  keep() {
    const { editor } = this;
    const now = editor.history?.now;
    if (!now || !this.open || !editor.mask) return;
    editor.touched(clear(editor.mask));
    this.mode.app.face.step({ ...now, mask: encodeRuns(editor.mask), open: "" }, "step.keepface");
    editor.announce(say("said.keptface"));
  }

  /** Another thing is to be done: what is shown stays, without a step of its own. */
  async close() {
    const { editor, open } = this;
    const now = editor.history?.now;
    if (!now || !open) return;
    const mask = open.runs ? subtractRuns(now.mask, open.runs) : now.mask;
    await editor.arrived({ ...now, mask, open: "" }, "step.keepface", 0);
    editor.restoreMask();
  }
}

/**
 * One picture of a result, if it differs from the one before; a picture of another size is drawn as a whole.
 *
 * @param {import("../api.js").Made} made
 * @param {import("../geometry/box.js").Size} before
 * @returns {Answer[]}
 */
function answerOf({ photo, patch, outside }, before) {
  if (!photo || !patch) return [];
  const { x, y, width, height } = patch;
  const isLarger = photo.width !== before.width || photo.height !== before.height;
  return [{ id: photo.id, box: isLarger ? null : { x, y, width, height }, outside }];
}
