/** The photo with its mask, its history and its orders, and what can be done to them. */
import { Picture } from "./canvas.js";
import { Mask, combine } from "./geometry/mask.js";
import { decodeRuns, encodeRuns, runsArea, sameRuns, subtractRuns, unionRuns } from "./geometry/runs.js";
import { whole } from "./geometry/view.js";
import { Queue } from "./queue.js";
import { layers, versionOf } from "./state/document.js";
import { History } from "./state/history.js";
import { Store } from "./store.js";
import { Workplace } from "./workplace.js";
import { say } from "./words.js";

/** @typedef {import("./state/document.js").State} State */
/** @typedef {import("./state/document.js").Patch} Patch */
/** @typedef {import("./geometry/box.js").Box} Box */
/** @typedef {import("./geometry/runs.js").Runs} Runs */
/** @typedef {import("./words.js").Word} Word */
/** @typedef {import("./workplace.js").How} How */
/** @typedef {{blob: Blob, name: string, folder?: string}} Source where a photo came from; `folder` is its id in the server's folder */

/** What is said of a photo that was opened. @type {Record<import("./workplace.js").Mode, Word>} */
const OPENED = { remove: "said.opened", fill: "said.openedfill", face: "said.openedface", "paint-in": "said.openedpainting", person: "said.openedperson" };

export class Editor extends Workplace {
  /** @type {Source | null} */ source = null;
  /** @type {Mask | null} */ mask = null;
  /** @type {History<State> | null} */ history = null;
  /** @type {Runs | null} */ lastRun = null; // what was filled last, to be masked again
  #showing = Promise.resolve(); // what is being drawn; the next waits for it
  /** @type {{runs: Runs, stroke: Word}[]} */ taken = []; // strokes taken back before they were filled, to be done again
  /** @type {WeakMap<State, number>} */ #born = new WeakMap(); // when the person did what made a state
  /** @type {(patch: Patch) => Promise<import("./api.js").More>} */ more = async () => ({}); // what an order needs beside its mask, to be given again
  #bare = false; // whether what is painted but not applied is left out
  opened = 0; // counts photos, so that what arrives late for another photo is recognised

  /**
   * @param {import("./api.js").Api} api
   * @param {import("./settings.js").Settings} settings
   * @param {import("./connection.js").Connection} connection
   */
  constructor(api, settings, connection) {
    super();
    this.api = api;
    this.settings = settings;
    this.connection = connection;
    this.store = new Store(api, (patch) => this.more(patch));
    this.queue = new Queue(api, () => connection.back(), () => this.store.restore(this.states()));
    this.queue.addEventListener("change", () => this.tell("queue"));
    /** @type {Record<string, Record<string, unknown>>} */
    this.options = {}; // what was chosen for each edit, beside its defaults
  }

  /** The states that are still to be reached by undo and redo. */
  states() {
    return this.history ? this.history.entries.map((entry) => entry.state) : [];
  }

  /**
   * Open a photo; painting can begin as soon as it is seen, while it is still on its way to the server.
   *
   * @param {Source} source
   * @param {{states: import("./state/history.js").Entry<State>[], index: number, ids: [string, string][], view: import("./geometry/view.js").View} | null} [kept] a session to go on with
   */
  async open(source, kept = null) {
    const turn = ++this.opened;
    for (const item of [...this.queue.items]) this.queue.cancel(item);
    const store = new Store(this.api, (patch) => this.more(patch));
    const bitmap = await store.open(source.blob, new Map(kept?.ids ?? [])); // where that fails, the last photo stays
    if (turn !== this.opened) return;
    this.store = store;
    this.source = source;
    this.picture = new Picture(bitmap, () => this.store.bitmap(""));
    this.mask = Mask.none(bitmap.width, bitmap.height);
    this.lastRun = null;
    this.taken = [];
    this.#bare = false;
    this.history = new History(/** @type {State} */ ({ patches: [], mask: encodeRuns(this.mask) }), "step.open");
    bitmap.close();
    this.compare = "off";
    this.tell("photo");
    this.look(kept?.view ?? whole(this.picture, this.screen)); // after the stage has found its size
    if (kept) {
      const [first, ...later] = kept.states;
      this.history = new History(first.state, first.name);
      for (const { state, name } of later) this.history.push(state, name);
      this.history.jump(kept.index);
      await this.#show();
    }
    this.tell("history");
    this.announce(say(OPENED[this.mode], { name: source.name, width: this.picture.width, height: this.picture.height }));
  }

  /** Forget the photo, here and on the server. */
  close() {
    this.opened++;
    for (const item of [...this.queue.items]) this.queue.cancel(item);
    this.store.forget();
    this.source = this.picture = this.mask = this.history = null;
    this.tell("photo");
  }

  /** Orders for this photo's masks that are not done yet. */
  get waiting() {
    return this.queue.items.filter(({ status, order }) => status !== "done" && order.runs?.width === this.mask?.width && order.runs?.height === this.mask?.height);
  }

  /** Their masks. @returns {Runs[]} */
  get pending() {
    return this.waiting.flatMap(({ order }) => order.runs ?? []);
  }

  /** All that is marked by steps of the history: what can be painted on, and what of it is on its way. */
  get marked() {
    if (!this.mask) throw new Error("no photo");
    return this.waiting.flatMap(({ order }) => (order.stroke ? [] : (order.runs ?? []))).reduce(unionRuns, encodeRuns(this.mask));
  }

  /** Write the mask as it is into the history. @param {Word} name */
  commit(name) {
    if (!this.history) return;
    const state = { ...this.history.now, mask: this.marked };
    if (sameRuns(state.mask, this.history.now.mask)) return;
    this.taken = [];
    this.note(state, name, this.queue.tick());
    this.tell("history");
    this.announce(say("said.masked", { step: say(name), percent: this.percent }));
  }

  /** A new step, without showing it. @param {State} state @param {Word} name @param {number} born when the person did it */
  note(state, name, born) {
    this.history?.push(state, name);
    this.#born.set(state, born);
  }

  /** How much of the photo is masked, in percent. */
  get percent() {
    return this.mask ? (100 * this.mask.area()) / (this.mask.width * this.mask.height) : 0;
  }

  /**
   * Change the mask by a shape, as tool and mode say.
   *
   * @param {Mask} shape
   * @param {How | "replace"} how
   * @param {Word} name
   */
  shape(shape, how, name) {
    if (!this.mask) return;
    this.touched(combine(this.mask, shape, how));
    this.commit(name);
  }

  /** Say that the mask changed in a box. @param {Box | null} [box] */
  touched(box) {
    if (box !== null) this.tell("mask", box);
  }

  get canUndo() {
    return Boolean(this.history?.canUndo) || this.waiting.length > 0;
  }

  get canRedo() {
    return Boolean(this.history?.canRedo) || this.taken.length > 0;
  }

  /** Take back what the person did last, be it done or on its way. */
  async undo() {
    if (!this.history) return;
    const newest = this.waiting.at(-1);
    if (newest && newest.born > (this.#born.get(this.history.now) ?? 0)) return this.#takeBack(newest);
    if (!this.history.canUndo) return;
    const { name, state } = this.history.entries[this.history.index];
    this.history.undo();
    await this.#go(state, say("said.undone", { step: say(/** @type {Word} */ (name)) }));
  }

  async redo() {
    if (!this.history?.canRedo) return;
    const before = this.history.now;
    this.history.redo();
    const step = say(/** @type {Word} */ (this.history.entries[this.history.index].name));
    await this.#go(before, say("said.redone", { step }));
    if (this.percent) this.announce(say("said.redonemask", { step }));
  }

  /** @param {number} index */
  async jump(index) {
    if (!this.history || index === this.history.index) return;
    const before = this.history.now;
    this.history.jump(index);
    await this.#go(before, say(/** @type {Word} */ (this.history.entries[index].name)));
  }

  /** An order that is not done yet, with the stroke that it was given for. @param {import("./queue.js").Item} item */
  #takeBack(item) {
    const { runs, stroke, title } = item.order;
    this.queue.cancel(item, true);
    if (runs && stroke) this.taken.push({ runs, stroke });
    this.lastRun = this.pending.at(-1) ?? this.history?.now.patches.at(-1)?.runs ?? null;
    this.restoreMask();
    this.tell("pixels");
    this.tell("history");
    this.announce(say("said.undone", { step: stroke ? say(stroke) : title }));
  }

  /** The history as it would be if the photo were left now: strokes that are being filled are marked in it. */
  lasting() {
    if (!this.history) return null;
    const { entries, index, now } = this.history;
    const strokes = this.waiting.filter(({ order }) => order.stroke);
    const last = strokes.at(-1)?.order.stroke;
    if (!last) return { states: [...entries], index };
    const mask = strokes.flatMap(({ order }) => order.runs ?? []).reduce(unionRuns, now.mask);
    return { states: [...entries.slice(0, index + 1), { state: { ...now, mask }, name: last }], index: index + 1 };
  }

  /** Take back what was painted since the last step. */
  restoreMask() {
    if (!this.history) return;
    this.mask = decodeRuns(this.pending.reduce(subtractRuns, this.history.now.mask));
    this.touched();
  }

  /**
   * Show the history's present state. Orders for another picture, or for what is no longer marked, are taken back.
   *
   * @param {State} before
   * @param {string} said
   */
  async #go(before, said) {
    if (!this.history) return;
    const { now } = this.history;
    this.#bare = false;
    const isOther = versionOf(before) !== versionOf(now);
    const lost = this.waiting.filter(({ order }) => !order.stroke && order.runs && runsArea(subtractRuns(order.runs, now.mask)) > 0);
    for (const item of isOther ? [...this.queue.items] : lost) this.queue.cancel(item, true);
    await this.#show();
    this.tell("history");
    this.announce(said);
  }

  /** Bring the picture to the history's present state, and the mask unless it is being painted on; one call after the other. */
  #show(withMask = true) {
    const shown = this.#showing.then(() => this.#draw().catch(() => this.store.restore(this.states()).then(() => this.#draw())));
    this.#showing = shown.catch(() => {});
    return shown.then(() => {
      if (withMask || this.mask?.width !== this.picture?.width || this.mask?.height !== this.picture?.height) this.restoreMask();
      this.tell("pixels");
    });
  }

  async #draw() {
    if (!this.history || !this.picture) return;
    const { base, patches } = layers(this.history.now, this.#bare);
    if (this.store.shown !== base) {
      const bitmap = await this.store.bitmap(base);
      this.picture = new Picture(bitmap, () => this.store.bitmap(base));
      bitmap.close();
      this.store.shown = base;
    }
    await this.picture.show(patches, (patch) => this.store.patch(patch.id));
  }

  /**
   * A result has come: a new step, or another choice for the present one.
   *
   * @param {State} state
   * @param {Word} name
   * @param {number} born when it was asked for; 0 puts it in the present step's place
   */
  async arrived(state, name, born) {
    if (!this.history) return;
    this.#bare = false;
    const { now } = this.history;
    if (!born) this.#born.set(this.history.replace(state), this.#born.get(now) ?? 0);
    else this.note(state, name, born);
    await this.#show(false);
    this.tell("history");
  }

  /** Show the photo with or without what is painted but not applied: it is out of the way while its object is moved. @param {boolean} bare */
  async bare(bare) {
    if (this.#bare === bare) return;
    this.#bare = bare;
    if (this.history?.now.painted) await this.#show(false);
  }

  /** The server's id of the version that is shown, once the photo is there. */
  async version() {
    await this.store.uploaded;
    return this.history ? this.store.id(versionOf(this.history.now)) : "";
  }

  /** Whether anything was changed since the photo was opened. */
  get isChanged() {
    return Boolean(this.history?.now.patches.length);
  }
}
