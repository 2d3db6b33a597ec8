/** Many photos, one after the other: the filmstrip, what was done to each, and what goes along to the next. */
import { shortened } from "../messages.js";
import { decodeRuns, encodeRuns, runsArea } from "../geometry/runs.js";
import { find } from "../dom.js";
import { versionOf } from "../state/document.js";
import { say } from "../words.js";
import { download, renamed } from "./download.js";
import { fromFolder } from "./start.js";
import { Strip } from "./strip.js";

/** @typedef {import("../session.js").Kept} Kept */
/** @typedef {import("../editor.js").Source} Source */
/** @typedef {{name: string, blob?: Blob, folder?: string, done?: boolean}} Listed a photo of the browser's, or of the server's folder by its id */

/**
 * @typedef {object} Entry
 * @property {string} name
 * @property {Blob} [blob]
 * @property {string} [folder]
 * @property {"todo" | "done" | "skipped"} state
 * @property {boolean} flagged
 * @property {Kept | null} kept its history, once it was open
 * @property {string} key of its session
 * @property {string | null} saved the version that was saved last
 * @property {HTMLCanvasElement | null} picture how it looked when it was left
 */

const PLACE = "retoucher-folder"; // where a tab remembers what was skipped and flagged

export class Folder extends EventTarget {
  /** @type {Entry[]} */ entries = [];
  at = -1;
  #turn = Promise.resolve(); // what was asked for before: keys pressed while a photo opens are not lost
  /** @type {Source | null} */ #source = null; // the photo that is open, if it is one of these
  /** @type {Strip | null} */ #strip = null;

  /** @param {import("../app.js").App} app */
  constructor(app) {
    super();
    this.app = app;
    app.editor.on("history", () => this.#note());
    app.editor.on("photo", () => this.#changed());
  }

  /** The entry that is open, or null. */
  get current() {
    return this.#source && this.#source === this.app.editor.source ? (this.entries[this.at] ?? null) : null;
  }

  /** How many are done, and how many are still to be looked at. */
  get counts() {
    const count = (/** @type {Entry["state"]} */ state) => this.entries.filter((entry) => entry.state === state).length;
    return { done: count("done"), left: count("todo") };
  }

  /**
   * Take these photos and open one of them: the first that is still to be done, unless told.
   *
   * @param {Listed[]} listed
   * @param {number} [index]
   */
  async load(listed, index = Math.max(0, listed.findIndex(({ done }) => !done))) {
    this.#take(listed);
    await this.go(index);
  }

  /** The server's folder again, one photo of which is open already. @param {string} folder */
  async found(folder) {
    const listed = fromFolder(await this.app.api.folder().catch(() => []));
    const index = listed.findIndex((entry) => entry.folder === folder);
    if (index < 0) return;
    this.#take(listed);
    this.at = index;
    this.#source = this.app.editor.source;
    this.entries[index].key = this.app.session.key;
    this.#note();
    this.#changed();
  }

  /** @param {Listed[]} listed */
  #take(listed) {
    this.entries = listed.map(({ name, blob, folder, done = false }) => ({ name, blob, folder, state: done ? "done" : "todo", flagged: false, kept: null, key: "", saved: null, picture: null }));
    this.#recall();
    this.at = -1;
    this.#source = null;
    this.#strip ??= new Strip(this.app, this);
    find("filmstrip", HTMLElement).hidden = false;
    this.#changed();
  }

  /** Do one thing after the other. @param {() => Promise<void> | void} work */
  #after(work) {
    this.#turn = this.#turn.then(work).catch((error) => this.app.editor.announce(shortened(error), true));
    return this.#turn;
  }

  /** @param {number} by */
  step(by) {
    return this.#after(() => this.#step(by));
  }

  /** @param {number} by */
  async #step(by) {
    if (!this.entries.length) return;
    const to = this.at + by;
    if (to < 0 || to >= this.entries.length) return this.app.editor.announce(say(to < 0 ? "said.first" : "said.last", this.counts));
    await this.#go(to);
  }

  /** Leave this one as it is. */
  skip() {
    return this.#after(() => this.#skip());
  }

  async #skip() {
    const { current } = this;
    if (!current) return;
    if (current.state === "todo") current.state = "skipped";
    this.#remember();
    this.#changed();
    await this.#step(1);
  }

  /** Mark this one to be looked at again, or take the mark away. */
  flag() {
    return this.#after(() => this.#flag());
  }

  #flag() {
    const { current } = this;
    if (!current) return;
    current.flagged = !current.flagged;
    this.app.editor.announce(say(current.flagged ? "said.flagged" : "said.unflagged", { name: current.name }));
    this.#remember();
    this.#changed();
  }

  /** Show or hide the filmstrip; without photos, choose a folder. */
  toggle() {
    const strip = find("filmstrip", HTMLElement);
    if (this.entries.length) strip.hidden = !strip.hidden;
    else find("folder-input", HTMLInputElement).click();
  }

  /** A photo was saved as it is now. @param {Source} source */
  saved(source) {
    const { current } = this;
    const { history } = this.app.editor;
    if (!current || source !== this.#source || !history) return;
    current.state = "done";
    current.saved = versionOf(history.now);
    this.#changed();
  }

  /** Open another one; what is being filled is waited for first. @param {number} index */
  go(index) {
    return this.#after(() => this.#go(index));
  }

  /** @param {number} index */
  async #go(index) {
    if (!this.entries[index] || (index === this.at && this.current)) return;
    try {
      await this.#idle();
      await this.#leave();
      await this.#open(index);
    } finally {
      this.#changed();
    }
  }

  /** The file of an entry. @param {Entry} entry */
  async blob({ blob, folder }) {
    return blob ?? this.app.api.blob(`/api/folder/${folder}/file`);
  }

  /** Give an entry the history that was made for it elsewhere; it is shown if it is the open one. @param {Entry} entry @param {Kept | null} kept */
  async give(entry, kept) {
    const isOpen = entry === this.current;
    entry.kept = kept;
    if (isOpen && this.#source) await this.app.session.open(this.#source, kept, entry.key);
    this.#changed();
  }

  async #idle() {
    const { editor } = this.app;
    if (!editor.queue.items.length) return;
    editor.announce(say("said.finishing"));
    await new Promise((/** @type {(value?: unknown) => void} */ resolve) => {
      const look = () => {
        if (editor.queue.items.length) return;
        editor.removeEventListener("queue", look);
        resolve();
      };
      editor.addEventListener("queue", look);
    });
  }

  /** Remember how a photo is left, and save it if that is wanted. */
  async #leave() {
    const { current } = this;
    const { editor, session, settings } = this.app;
    if (!current || !editor.history) return;
    current.kept = session.snapshot();
    if (editor.isChanged) current.picture = editor.picture?.thumbnail(192) ?? null;
    if (settings.get("autosave") && editor.isChanged && current.saved !== versionOf(editor.history.now)) await this.#save(current);
  }

  /** @param {Entry} entry */
  async #save(entry) {
    const { api, connection, editor, settings } = this.app;
    const [photo, mark] = [await editor.version(), settings.get("note")];
    if (entry.folder && connection.about?.folder?.writes) await api.saveInFolder(entry.folder, { photo, mark, overwrite: entry.saved !== null });
    else download(await api.file(photo, { container: "", quality: 0, mark }), renamed(entry.name, "-retouched"));
    if (this.#source) this.saved(this.#source);
  }

  /** @param {number} index */
  async #open(index) {
    const { editor, session } = this.app;
    const entry = this.entries[index];
    const carried = this.#carried();
    if (!entry.kept && entry.folder) Object.assign(entry, await session.recall(entry.folder));
    const isNew = !entry.kept; // which it is no more as soon as it is open
    this.at = index; // even if it cannot be opened: the next step goes on from there
    this.#changed();
    const source = { blob: await this.blob(entry), name: entry.name, folder: entry.folder };
    this.#source = source;
    await session.open(source, entry.kept, entry.key);
    if (editor.source !== source) return;
    entry.key = session.key;
    if (isNew) this.#carry(carried);
  }

  /** What goes along to the next photo, if that has the same size. */
  #carried() {
    const { mask, lastRun, view } = this.app.editor;
    return mask && { runs: encodeRuns(mask), lastRun, view };
  }

  /** @param {{runs: import("../geometry/runs.js").Runs, lastRun: import("../geometry/runs.js").Runs | null, view: import("../geometry/view.js").View} | null} carried */
  #carry(carried) {
    const { editor, settings } = this.app;
    if (!carried || carried.runs.width !== editor.mask?.width || carried.runs.height !== editor.mask.height) return;
    editor.look(carried.view);
    if (!settings.get("keepMask")) return;
    editor.lastRun = carried.lastRun; // one key marks it again
    if (runsArea(carried.runs)) editor.shape(decodeRuns(carried.runs), "replace", "step.kept");
  }

  /** Keep each photo's history with it, so that coming back finds it. */
  #note() {
    const { current } = this;
    if (current && this.app.editor.history) current.kept = this.app.session.snapshot();
    this.#changed();
  }

  /** Have a reload find what was skipped and flagged of the server's folder; what was saved the server knows. */
  #remember() {
    const marks = this.entries.filter(({ folder, state, flagged }) => folder && (flagged || state === "skipped"));
    try {
      sessionStorage.setItem(PLACE, JSON.stringify(marks.map(({ folder, state, flagged }) => ({ folder, state, flagged }))));
    } catch {
      // a browser that keeps nothing
    }
  }

  #recall() {
    /** @type {Partial<Entry>[]} */
    const marks = JSON.parse(sessionStorage.getItem(PLACE) ?? "[]");
    for (const { folder, state, flagged } of marks) {
      const entry = this.entries.find((each) => folder && each.folder === folder);
      if (entry) Object.assign(entry, { flagged, state: entry.state === "done" ? "done" : state });
    }
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
