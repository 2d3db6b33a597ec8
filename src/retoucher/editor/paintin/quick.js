/** Quick previews while an object is placed: small, soon, and only ever of what is placed now. */
import { ApiError } from "../api.js";
import { Rough } from "../over.js";

/** @typedef {import("../api.js").More} More */
/** @typedef {{key: string, photo(): Promise<string>, options: Record<string, unknown>, more(): Promise<More>}} Wanted `key`: what it depends on; the same key, the same picture */

const SOON = 250; // milliseconds of rest after which a preview is asked for

/** How a job stands, as pictures: the newest that can be had, one after the other. */
export class Standing {
  #last = "";
  #isBusy = false;

  /** @param {import("../api.js").Api} api */
  constructor(api) {
    this.api = api;
  }

  /** The picture at an address of the server's; null where it was had already, another is on its way, or it is over. @param {string} path */
  async at(path) {
    if (this.#isBusy || path === this.#last) return null;
    this.#isBusy = true;
    this.#last = path;
    const found = await this.api.preview(path).catch(() => null);
    const bitmap = found && (await createImageBitmap(found.blob).catch(() => null));
    this.#isBusy = false;
    if (!found || !bitmap) return null;
    const rough = new Rough(found.box, bitmap);
    bitmap.close();
    return rough;
  }
}

/** Tells "change" when a preview has come or is no longer true, and "fault" with the reason where none can be had. */
export class Quick extends EventTarget {
  /** @type {{key: string, rough: Rough} | null} */ #shown = null;
  #key = ""; // what is wanted
  #timer = 0;
  /** @type {AbortController | null} */ #stop = null;

  /** @param {import("../api.js").Api} api */
  constructor(api) {
    super();
    this.api = api;
  }

  /** The preview of what is placed now, or null. */
  get picture() {
    return this.#shown?.key === this.#key ? this.#shown.rough : null;
  }

  /** Whether one is on its way. */
  get isBusy() {
    return this.#key !== "" && this.picture === null && this.#stop !== null;
  }

  /** Show a preview of this soon; null: of nothing. What was asked for before is given up. @param {Wanted | null} wanted */
  want(wanted) {
    if ((wanted?.key ?? "") === this.#key) return;
    this.#key = wanted?.key ?? "";
    clearTimeout(this.#timer);
    this.#stop?.abort();
    this.#stop = null;
    if (wanted && !this.picture) {
      this.#stop = new AbortController();
      const { signal } = this.#stop;
      this.#timer = setTimeout(() => void this.#make(wanted, signal), SOON);
    }
    this.dispatchEvent(new Event("change"));
  }

  /** Ask once more for what could not be had. @param {Wanted | null} wanted */
  again(wanted) {
    this.#key = "";
    this.want(wanted);
  }

  /** @param {Wanted} wanted @param {AbortSignal} signal */
  async #make({ key, photo, options, more }, signal) {
    try {
      const rough = await this.#made(await photo(), options, await more(), signal);
      if (signal.aborted) return;
      this.#stop = null;
      this.#show(key, rough);
    } catch (error) {
      if (signal.aborted) return;
      this.#stop = null;
      this.dispatchEvent(new CustomEvent("fault", { detail: error }));
    }
  }

  /** @param {string} key @param {Rough | null} rough */
  #show(key, rough) {
    this.#shown = rough && { key, rough };
    this.dispatchEvent(new Event("change"));
  }

  /** @param {string} photo @param {Record<string, unknown>} options @param {More} more @param {AbortSignal} signal */
  async #made(photo, options, more, signal) {
    if (signal.aborted) return null;
    const job = await this.api.edit("harmonize", photo, options, null, { ...more, draft: true });
    const cancel = () => void this.api.cancel(job.id).catch(() => {}); // it may have ended
    if (signal.aborted) return cancel(), null;
    signal.addEventListener("abort", cancel);
    // How it stands meanwhile is not shown: it is worse than the object itself, and people judge by it.
    try {
      const { status, error, result } = await this.api.follow(job.id, () => {}, signal);
      if (status === "failed") throw new ApiError(error ?? "", 500);
      if (!result?.patch) return null;
      const { x, y, width, height, url } = result.patch;
      const bitmap = await createImageBitmap(await this.api.blob(url));
      const rough = new Rough({ x, y, width, height }, bitmap);
      bitmap.close();
      return rough;
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  }
}
