/** The editor's state and what can be done to it. Panels and the stage listen: every change is told by its topic. */
import { Picture } from "./canvas.js";
import { Mask, combine } from "./geometry/mask.js";
import { decodeRuns, encodeRuns, runsArea, sameRuns, subtractRuns, unionRuns } from "./geometry/runs.js";
import { View, whole } from "./geometry/view.js";
import { Queue } from "./queue.js";
import { layers, versionOf } from "./state/document.js";
import { History } from "./state/history.js";
import { Store } from "./store.js";
import { say } from "./words.js";

/** @typedef {import("./state/document.js").State} State */
/** @typedef {import("./state/document.js").Patch} Patch */
/** @typedef {import("./geometry/box.js").Box} Box */
/** @typedef {import("./words.js").Word} Word */
/** @typedef {"photo" | "pixels" | "mask" | "view" | "tool" | "mode" | "history" | "queue" | "compare" | "overlay" | "status"} Topic */
/** @typedef {"brush" | "eraser" | "rectangle" | "lasso" | "polygon" | "select" | "hand"} ToolName */
/** @typedef {"remove" | "fill"} Mode */
/** @typedef {"add" | "subtract" | "intersect"} How */
/** @typedef {"off" | "slider" | "side" | "difference" | "original"} Compare */
/** @typedef {{blob: Blob, name: string, folder?: string}} Source where a photo came from; `folder` is its id in the server's folder */

export class Editor extends EventTarget {
  /** @type {Source | null} */ source = null;
  /** @type {Picture | null} */ picture = null;
  /** @type {Mask | null} */ mask = null;
  /** @type {History<State> | null} */ history = null;
  view = new View(1, 0, 0);
  screen = { width: 1, height: 1 };
  /** @type {ToolName} */ tool = "brush";
  /** @type {Mode} */ mode = "remove";
  /** @type {How} */ how = "add";
  /** @type {Compare} */ compare = "off";
  /** @type {Mask | null} */ preview = null; // a mask shown instead of the real one: growing, or what a click has selected
  /** @type {import("./stage.js").Draft} */ draft = {}; // lines and points over the photo
  split = 0.5; // where the comparing line stands, as a share of the stage's width
  /** @type {import("./geometry/runs.js").Runs | null} */ lastRun = null; // what was filled last, to be masked again
  #showing = Promise.resolve(); // what is being drawn; the next waits for it
  #wide = this.view; // the view before both were shown side by side
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
    this.store = new Store(api);
    this.queue = new Queue(api, () => connection.back(), () => this.store.restore(this.states()));
    this.queue.addEventListener("change", () => this.tell("queue"));
    /** @type {Record<string, Record<string, unknown>>} */
    this.options = {}; // what was chosen for each edit, beside its defaults
  }

  /** @param {Topic} topic @param {unknown} [detail] */
  tell(topic, detail) {
    this.dispatchEvent(new CustomEvent(topic, { detail }));
  }

  /** @param {Topic | Topic[]} topics @param {(event: CustomEvent) => void} heard */
  on(topics, heard) {
    for (const topic of [topics].flat()) this.addEventListener(topic, /** @type {EventListener} */ (heard));
  }

  /** Say something in the status line and to screen readers. @param {string} text @param {boolean} [isError] */
  announce(text, isError = false) {
    this.tell("status", { text, isError });
  }

  /** The states that are still to be reached by undo and redo. */
  states() {
    return this.history ? this.history.entries.map((entry) => entry.state) : [];
  }

  /**
   * Open a photo; painting can begin as soon as it is seen, while it is still on its way to the server.
   *
   * @param {Source} source
   * @param {{states: import("./state/history.js").Entry<State>[], index: number, ids: [string, string][], view: View} | null} [kept] a session to go on with
   */
  async open(source, kept = null) {
    const turn = ++this.opened;
    for (const item of [...this.queue.items]) this.queue.cancel(item);
    const store = new Store(this.api);
    const bitmap = await store.open(source.blob, new Map(kept?.ids ?? [])); // where that fails, the last photo stays
    if (turn !== this.opened) return;
    this.store = store;
    this.source = source;
    this.picture = new Picture(bitmap, () => this.store.bitmap(""));
    this.mask = Mask.none(bitmap.width, bitmap.height);
    this.lastRun = null;
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
    this.announce(say(this.mode === "fill" ? "said.openedfill" : "said.opened", { name: source.name, width: this.picture.width, height: this.picture.height }));
  }

  /** Forget the photo, here and on the server. */
  close() {
    this.opened++;
    for (const item of [...this.queue.items]) this.queue.cancel(item);
    this.store.forget();
    this.source = this.picture = this.mask = this.history = null;
    this.tell("photo");
  }

  /** The masks of orders that are not done yet. */
  get pending() {
    return this.queue.items.flatMap(({ status, order }) => (status !== "done" && order.runs ? [order.runs] : []));
  }

  /** All that is masked: what can be painted on, and what is on its way. */
  get marked() {
    if (!this.mask) throw new Error("no photo");
    return this.pending.filter((runs) => runs.width === this.mask?.width).reduce(unionRuns, encodeRuns(this.mask));
  }

  /** Write the mask as it is into the history. @param {Word} name */
  commit(name) {
    if (!this.history) return;
    const state = { ...this.history.now, mask: this.marked };
    if (sameRuns(state.mask, this.history.now.mask)) return;
    this.history.push(state, name);
    this.tell("history");
    this.announce(say("said.masked", { step: say(name), percent: this.percent }));
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

  async undo() {
    if (!this.history?.canUndo) return;
    const name = this.history.entries[this.history.index].name;
    this.history.undo();
    await this.#go(say("said.undone", { step: say(/** @type {Word} */ (name)) }));
  }

  async redo() {
    if (!this.history?.canRedo) return;
    this.history.redo();
    const name = this.history.entries[this.history.index].name;
    await this.#go(say("said.redone", { step: say(/** @type {Word} */ (name)) }));
    if (this.percent) this.announce(say("said.redonemask", { step: say(/** @type {Word} */ (name)) }));
  }

  /** @param {number} index */
  async jump(index) {
    if (!this.history || index === this.history.index) return;
    this.history.jump(index);
    await this.#go(say(/** @type {Word} */ (this.history.entries[index].name)));
  }

  /** Take back what was painted since the last step. */
  restoreMask() {
    if (!this.history) return;
    this.mask = decodeRuns(this.pending.reduce(subtractRuns, this.history.now.mask));
    this.touched();
  }

  /** Show the history's present state; orders that do not belong to it are taken back. @param {string} said */
  async #go(said) {
    if (!this.history) return;
    const { mask } = this.history.now;
    const foreign = this.queue.items.filter(({ order }) => {
      if (!order.runs || order.runs.width !== mask.width || order.runs.height !== mask.height) return true;
      return runsArea(subtractRuns(order.runs, mask)) > 0;
    });
    for (const item of foreign) this.queue.cancel(item);
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
    const { base, patches } = layers(this.history.now);
    if (this.store.shown !== base) {
      const bitmap = await this.store.bitmap(base);
      this.picture = new Picture(bitmap, () => this.store.bitmap(base));
      bitmap.close();
      this.store.shown = base;
    }
    await this.picture.show(patches, (patch) => this.store.patch(patch.id));
  }

  /**
   * A result has come: a new step whose mask is what is still marked, or another choice for the present one.
   *
   * @param {State} state
   * @param {Word} name
   * @param {boolean} [instead]
   */
  async arrived(state, name, instead = false) {
    if (!this.history) return;
    if (instead) this.history.replace(state);
    else this.history.push(state, name);
    await this.#show(false);
    this.tell("history");
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

  /** @param {View} view */
  look(view) {
    this.view = view;
    this.tell("view");
  }

  /** @param {ToolName} tool */
  take(tool) {
    this.tool = tool;
    this.tell("tool");
  }

  /** @param {How} how */
  combineBy(how) {
    this.how = how;
    this.tell("tool");
  }

  /** @param {Mode} mode */
  enter(mode) {
    this.mode = mode;
    this.tell("mode");
    if (this.picture) this.announce(say(mode === "fill" ? "how.fill" : "how.brush"));
  }

  /** @param {Compare} how */
  compareBy(how) {
    const [wasSide, isSide] = [this.compare === "side", how === "side"];
    this.compare = how;
    this.tell("compare");
    if (!this.picture || wasSide === isSide) return;
    if (isSide) this.#wide = this.view;
    this.look(isSide ? whole(this.picture, this.screen) : this.#wide); // half the room shows all of it, too
  }
}
