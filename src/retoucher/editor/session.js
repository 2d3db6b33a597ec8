/** What a reload must not lose: the photo and its history, kept in this browser only. */
import { View } from "./geometry/view.js";
import { shortened } from "./messages.js";
import { fromFolder } from "./panels/start.js";
import { Shelf } from "./shelf.js";
import { say } from "./words.js";

/** @typedef {import("./state/document.js").State} State */
/** @typedef {import("./state/history.js").Entry<State>} Entry */
/** @typedef {import("./editor.js").Source} Source */
/** @typedef {{states: Entry[], index: number, ids: [string, string][], view: View}} Kept what the editor needs to go on */
/** @typedef {{key: string, name: string, folder?: string, states: Entry[], index: number, ids: [string, string][], view: {scale: number, x: number, y: number}, mode: import("./workplace.js").Mode, time: number, picture: Blob | null}} Record_ */
/** @typedef {{key: string, name: string, steps: number, picture: Blob | null, time: number}} Offer */

const SOON = 300; // milliseconds after a change until it is written
const PLACE = "retoucher-session"; // where a tab remembers which session is its own
const MOST = 5; // sessions that are kept
const DAYS = 14; // for so long
const SIDE = 192; // pixels of the small picture by which a session is known
const PATIENCE = 2000; // milliseconds to wait for the page that was here before a reload to let go

/** Tells "change" when what can be gone on with has changed. */
export class Session extends EventTarget {
  key = "";
  #shelf = new Shelf();
  #timer = 0;
  #isWhole = false; // a photo comes before its history: what is seen in between is not to be kept
  /** @type {Map<string, Blob | null>} */ #pictures = new Map(); // how each session's photo looked when it was last written
  #warned = false; // that there is no room was said
  #going = ""; // the session that is being gone on with: opening its photo must not begin another
  #release = () => {}; // gives the tab's claim to its session up
  /** @type {{key: string, kept: Kept, source: Source} | null} */ #waiting = null; // to be written soon

  /** @param {import("./app.js").App} app */
  constructor(app) {
    super();
    this.app = app;
    const { editor, settings } = app;
    editor.on("photo", () => void this.#changed());
    editor.on("photo", () => (this.#isWhole = false));
    editor.on(["history", "view", "mode"], ({ type }) => {
      const isFirst = type === "history" && !this.#isWhole;
      this.#isWhole ||= isFirst;
      this.#soon();
      if (isFirst) void this.flush(); // what was just opened is there after a reload, however soon that comes
    });
    settings.addEventListener("change", (event) => {
      if (/** @type {CustomEvent} */ (event).detail === "keepSession") void this.#switched(settings.get("keepSession"));
    });
    addEventListener("pagehide", () => void this.flush());
    document.addEventListener("visibilitychange", () => document.hidden && void this.flush());
  }

  /** Whether `begin` will probably open a photo, so that nothing else need be shown until then. */
  get returns() {
    return Boolean(remembered()) || new URLSearchParams(location.search).has("image");
  }

  /** At the start: the photo in the address, else what this tab had before a reload. */
  async begin() {
    await this.#tidy();
    const wanted = new URLSearchParams(location.search).get("image");
    const mine = remembered();
    if (wanted !== null) await this.#open(wanted);
    else if (mine && (await this.#claimed(mine, PATIENCE))) await this.restore(mine);
    if (!this.app.editor.source && wanted === null && this.app.connection.about?.folder) await this.app.strip.load(fromFolder(await this.app.api.folder()));
    this.dispatchEvent(new Event("change"));
  }

  /** A photo of the server's folder by its name, with the folder as a filmstrip. @param {string} name */
  async #open(name) {
    const { api, editor, strip } = this.app;
    const entries = await api.folder().catch(() => []);
    const index = entries.findIndex((entry) => entry.name === name);
    if (index < 0) return editor.announce(say("said.notinfolder", { name }), true);
    await strip.load(fromFolder(entries), index);
  }

  /** What can be gone on with, newest first: not what another tab has open. @returns {Promise<Offer[]>} */
  async offers() {
    if (!this.app.settings.get("keepSession")) return [];
    const held = await heldBySome();
    const records = await this.#shelf.all();
    return records
      .filter(({ key, states }) => key !== this.key && !held.has(key) && states.length > 1)
      .sort((a, b) => b.time - a.time)
      .map(({ key, name, states, picture, time }) => ({ key, name, steps: states.length - 1, picture, time }));
  }

  /** Go on with a session. @param {string} key */
  async restore(key) {
    const { editor, strip } = this.app;
    const [record, blob] = [await this.#shelf.get(key), await this.#shelf.photo(key)];
    if (!record || !blob || !(await this.#claimed(key, 0))) return;
    const { name, folder, mode } = record;
    this.#pictures.set(key, record.picture);
    try {
      editor.enter(mode);
      await this.open({ blob, name, folder }, keptIn(record), key);
      if (folder) await strip.found(folder);
      editor.announce(say("said.restored", { name, steps: record.states.length - 1 }));
    } catch (error) {
      this.#going = "";
      editor.announce(shortened(error), true);
    }
  }

  /** What was done to a photo of the server's folder before a reload, if it is still known. @param {string} folder */
  async recall(folder) {
    const held = await heldBySome();
    const mine = remembered(); // which the page that was here before a reload may still hold
    const isFree = (/** @type {string} */ key) => key === mine || !held.has(key);
    const record = (await this.#shelf.all()).find((each) => each.folder === folder && each.states.length > 1 && isFree(each.key));
    return record ? { kept: keptIn(record), key: record.key } : { kept: null, key: "" };
  }

  /**
   * Open a photo, with its history if there is one, under the session it had.
   *
   * @param {Source} source
   * @param {Kept | null} kept
   * @param {string} [key]
   */
  async open(source, kept, key = "") {
    const { editor } = this.app;
    this.#going = key;
    await editor.open(source, kept);
    if (editor.source !== source) return; // another one was opened meanwhile
    const isSame = () => editor.source === source;
    editor.store.uploaded.then(
      ({ notes }) => isSame() && notes.length && editor.announce(notes.join(" ")),
      (error) => isSame() && editor.announce(shortened(error), true),
    );
  }

  /** Keep an object's picture with the session, so that it is there after a reload. @param {string} name @param {Blob} blob */
  async keepObject(name, blob) {
    if (this.key && this.app.settings.get("keepSession")) await this.#shelf.keepPhoto(`${this.key}:${name}`, blob);
  }

  /** An object's picture as it was kept. @param {string} name */
  object(name) {
    return this.#shelf.photo(`${this.key}:${name}`);
  }

  /** @param {string} key */
  async forget(key) {
    await this.#shelf.remove(key);
    this.dispatchEvent(new Event("change"));
  }

  /** What the editor shows now, to be gone on with later; null without a photo. @returns {Kept | null} */
  snapshot() {
    const { store, view } = this.app.editor;
    const lasting = this.app.editor.lasting();
    return lasting && { ...lasting, ids: store.ids, view };
  }

  /** Another photo, or none: what the last one had is written, and a session begins. */
  async #changed() {
    const { source } = this.app.editor;
    const [last, going] = [this.key, this.#going];
    this.#going = "";
    this.key = source ? going || fresh() : "";
    const { key } = this;
    remember(key);
    const written = this.flush();
    if (!source) {
      await written;
      await this.#shelf.remove(last); // the photo was forgotten, and its session with it
      this.dispatchEvent(new Event("change"));
      return;
    }
    if (!going && this.app.settings.get("keepSession")) await this.#shelf.keepPhoto(key, source.blob);
    if (last !== key) await Promise.all([this.#claimed(key, PATIENCE), written.then(() => this.#tidy())]);
    await this.app.editor.store.uploaded.catch(() => {});
    if (key === this.key) this.#soon();
  }

  /** The person wants sessions to be kept, or all of them to go. @param {boolean} on */
  async #switched(on) {
    const { source } = this.app.editor;
    if (!on) await this.#shelf.clear();
    else if (source && (await this.#shelf.keepPhoto(this.key, source.blob))) this.#soon();
  }

  /** Write it down soon; what comes in between is written with it. */
  #soon() {
    const { source } = this.app.editor;
    const kept = this.snapshot();
    if (!this.#isWhole || !source || !kept || !this.key || !this.app.settings.get("keepSession")) return;
    this.#waiting = { key: this.key, kept, source };
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#write(), SOON);
  }

  /** Write what waits to be written, at once: the page may be on its way out, so no new picture is made. */
  flush() {
    return this.#write(true);
  }

  async #write(atOnce = false) {
    const waiting = this.#waiting;
    clearTimeout(this.#timer);
    if (!waiting) return;
    const { key, kept, source } = waiting;
    const { picture, mode } = this.app.editor;
    if (!atOnce && key === this.key && picture) this.#pictures.set(key, await jpegOf(picture.thumbnail(SIDE)));
    if (this.#waiting !== waiting) return; // it was written while its picture was made, or something newer will be
    this.#waiting = null;
    const { scale, x, y } = kept.view;
    const record = { ...kept, key, name: source.name, folder: source.folder, view: { scale, x, y }, mode, time: Date.now(), picture: this.#pictures.get(key) ?? null };
    if ((await this.#shelf.keep(record)) || this.#warned) return;
    this.#warned = true;
    this.app.editor.announce(say("said.notkept"), true);
  }

  /** Have this tab hold a session, so that no other takes it. False where another does. @param {string} key @param {number} patience */
  async #claimed(key, patience) {
    if (!navigator.locks || key === this.#held) return true;
    const release = await claim(key, patience);
    if (!release) return false;
    this.#release();
    this.#release = release;
    this.#held = key;
    return true;
  }

  #held = "";

  /** Let go of what is old, too much, or a photo to which nothing was done. */
  async #tidy() {
    if (!this.app.settings.get("keepSession")) return this.#shelf.clear();
    const held = await heldBySome();
    const mine = remembered();
    const free = (await this.#shelf.all()).filter(({ key }) => key !== mine && !held.has(key)).sort((a, b) => b.time - a.time);
    const since = Date.now() - DAYS * 24 * 3600 * 1000;
    const over = free.filter(({ time, states }, i) => i >= MOST || time < since || states.length < 2);
    await Promise.all(over.map(({ key }) => this.#shelf.remove(key)));
  }
}

/** @param {HTMLCanvasElement} canvas @returns {Promise<Blob | null>} */
function jpegOf(canvas) {
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.8));
}

/** @param {Record_} record @returns {Kept} */
function keptIn({ states, index, ids, view }) {
  return { states, index, ids, view: new View(view.scale, view.x, view.y) };
}

/** @param {string} key */
function remember(key) {
  try {
    if (key) sessionStorage.setItem(PLACE, key);
    else sessionStorage.removeItem(PLACE);
  } catch {
    // a browser that keeps nothing: a reload begins anew
  }
}

/** The key of the session that this tab had before a reload. */
function remembered() {
  try {
    return sessionStorage.getItem(PLACE) ?? "";
  } catch {
    return "";
  }
}

/** A name that no other session has. */
function fresh() {
  return [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36)).join("");
}

/**
 * Hold a lock until it is released or the tab goes; null where another tab holds it.
 *
 * @param {string} key
 * @param {number} patience milliseconds
 * @returns {Promise<(() => void) | null>}
 */
function claim(key, patience) {
  return new Promise((resolve) => {
    const held = () => new Promise((/** @type {(value?: unknown) => void} */ release) => resolve(() => release()));
    const options = patience ? { signal: AbortSignal.timeout(patience) } : { ifAvailable: true };
    navigator.locks.request(`${PLACE}-${key}`, options, (lock) => (lock ? held() : resolve(null))).catch(() => resolve(null));
  });
}

/** The sessions that tabs hold, this one's included. */
async function heldBySome() {
  const { held = [] } = (await navigator.locks?.query()) ?? {};
  return new Set(held.map(({ name = "" }) => name.slice(PLACE.length + 1)));
}
