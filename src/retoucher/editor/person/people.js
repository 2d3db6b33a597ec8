/** The persons that the server knows, and the one whose face it is learning. */
import { ApiError } from "../api.js";

/** @typedef {import("../api.js").Person} Person */
/** @typedef {import("../api.js").Base} Base */
/** @typedef {import("../api.js").Job} Job */
/** @typedef {{name: string, job: string, fraction: number, message: string, left: number | null}} Making `job` is "" as long as the photos are on their way */

/** Tells "change" whenever something of it is otherwise. */
export class People extends EventTarget {
  /** @type {Person[]} */ persons = [];
  /** @type {Base[]} */ bases = [];
  limits = { photos: 400, bytes: 800 << 20 };
  /** @type {Making | null} */ making = null;
  isKnown = false; // whether the server has told
  #stop = new AbortController(); // of what is on its way to the server

  /**
   * @param {import("../api.js").Api} api
   * @param {() => Promise<void>} back resolves when the server can be reached
   * @param {(name: string, made: Promise<Person | null>) => void} found somebody is being made, for whom nobody here has asked
   */
  constructor(api, back, found) {
    super();
    this.api = api;
    this.back = back;
    this.found = found;
  }

  /** @param {string} name */
  get(name) {
    return this.persons.find((person) => person.name === name) ?? null;
  }

  /** Ask the server; one that is being made elsewhere, or since before a reload, is followed. */
  async load() {
    const { persons, bases, limits, making } = await this.api.persons();
    Object.assign(this, { persons, bases, limits, isKnown: true });
    if (making && !this.making) this.found(making.name, this.#follow(making.name, making.job));
    this.#changed();
  }

  /**
   * Learn a face; null where that was cancelled.
   *
   * @param {Record<string, string>} texts
   * @param {File[]} photos
   */
  async make(texts, photos) {
    this.making = { name: texts.name, job: "", fraction: 0, message: "", left: null };
    this.#stop = new AbortController();
    this.#changed();
    try {
      const job = await this.api.makePerson(texts, photos);
      if (!this.#stop.signal.aborted) return await this.#follow(texts.name, job.id);
      await this.api.cancel(job.id);
      return null;
    } finally {
      this.making = null;
      this.#changed();
    }
  }

  /** Have it stop; what was learnt so far stays, to be gone on with. */
  cancel() {
    this.#stop.abort();
    if (this.making?.job) this.api.cancel(this.making.job).catch(() => {}); // it may have ended
  }

  /** Delete a person; the names of the files that are gone. @param {string} name */
  async delete(name) {
    const { deleted } = await this.api.deletePerson(name);
    await this.load();
    return deleted;
  }

  /** Follow a job to its end; the person, or null where it was cancelled. @param {string} name @param {string} id @returns {Promise<Person | null>} */
  async #follow(name, id) {
    this.making = { name, job: id, fraction: 0, message: "", left: null };
    this.#changed();
    try {
      const last = await this.#ended(id);
      if (last.status === "failed") throw new ApiError(last.error ?? "", 500);
      return last.result?.person ?? null;
    } finally {
      this.making = null;
      await this.load().catch(() => {}); // the next look tells
      this.#changed();
    }
  }

  /** @param {string} id @returns {Promise<Job>} */
  async #ended(id) {
    for (;;) {
      try {
        return await this.api.follow(id, (job) => this.#seen(job), new AbortController().signal);
      } catch (error) {
        if (!(error instanceof ApiError && error.isAway)) throw error;
        await this.back();
      }
    }
  }

  /** @param {Job} job */
  #seen({ fraction, message, seconds_left: left }) {
    if (this.making) this.making = { ...this.making, fraction, message, left };
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
