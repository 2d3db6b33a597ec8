import { ApiError } from "./api.js";
import { encodeMaskPng } from "./geometry/png.js";
import { decodeRuns } from "./geometry/runs.js";

/** @typedef {import("./api.js").Job} Job */
/** @typedef {import("./api.js").Outcome} Outcome */
/** @typedef {import("./geometry/runs.js").Runs} Runs */

/**
 * What is asked for: an edit with its options, on the photo as it will be when its turn comes.
 *
 * @typedef {object} Order
 * @property {string} edit
 * @property {string} title what it is called in the list
 * @property {Record<string, unknown>} options
 * @property {Runs | null} runs the mask, taken off the photo's until it is done
 * @property {import("./words.js").Word | null} [stroke] the step that marked it, where that comes into the history with its result
 * @property {Runs | null} [mask] a mask that is sent without having been taken off
 * @property {() => Promise<import("./api.js").More>} [more] what is sent beside them
 * @property {(path: string) => void} [seen] a picture of how it stands can be had there
 * @property {() => Promise<string>} photo the version to work on, by its id on the server
 * @property {(outcome: Outcome) => Promise<void>} done
 * @property {(reason: ApiError | null) => void} undone it failed (with the reason) or was cancelled (null)
 */

/** One order on its way. `status` "away" waits for the server to come back. */
export class Item {
  /** @type {"waiting" | "sent" | "running" | "away" | "done"} */ status = "waiting";
  fraction = 0;
  message = "";
  /** @type {number | null} */ left = null;
  job = "";
  stop = new AbortController();
  started = 0;

  /** @param {Order} order @param {number} born when it was given, in ticks of the queue's clock */
  constructor(order, born) {
    this.order = order;
    this.born = born;
  }
}

const TRIES = 5; // times that an order may find the queue full or its photo gone before it is given up

/** Orders are done one after the other, each on the result of the one before. Tells "change" whenever one moves. */
export class Queue extends EventTarget {
  /** @type {Item[]} */ items = [];
  #working = false;
  #clock = 0;

  /**
   * @param {import("./api.js").Api} api
   * @param {() => Promise<void>} back resolves when the server can be reached
   * @param {() => Promise<void>} restore brings photos back that the server has lost
   */
  constructor(api, back, restore) {
    super();
    this.api = api;
    this.back = back;
    this.restore = restore;
  }

  /** Count on: what has the larger number came later. */
  tick() {
    return ++this.#clock;
  }

  /** @param {Order} order */
  add(order) {
    const item = new Item(order, this.tick());
    this.items.push(item);
    this.#changed();
    void this.#work();
    return item;
  }

  /** Take an order back, whether it waits or runs. @param {Item} item @param {boolean} [quietly] without putting its mask back */
  cancel(item, quietly = false) {
    if (!this.items.includes(item) || item.stop.signal.aborted) return;
    item.stop.abort();
    if (item.job) this.api.cancel(item.job).catch(() => {}); // it may have ended, or the server with it
    this.#leave(item);
    if (!quietly) item.order.undone(null);
  }

  async #work() {
    if (this.#working) return;
    this.#working = true;
    for (let item = this.items[0]; item; item = this.items[0]) {
      await this.#through(item);
      this.#leave(item);
    }
    this.#working = false;
  }

  /** @param {Item} item */
  async #through(item) {
    item.status = "sent";
    for (let tries = 1; !item.stop.signal.aborted; tries++) {
      try {
        const outcome = await this.#once(item);
        item.status = "done";
        if (outcome && !item.stop.signal.aborted) await item.order.done(outcome);
        else if (!item.stop.signal.aborted) item.order.undone(null);
        return;
      } catch (error) {
        if (item.stop.signal.aborted) return;
        const reason = error instanceof ApiError ? error : new ApiError(String(error), 500);
        if (!(await this.#again(item, reason, tries))) return item.order.undone(reason);
      }
    }
  }

  /** Send it, follow it, and give its outcome; null where somebody else cancelled it. @param {Item} item */
  async #once(item) {
    const { edit, options } = item.order;
    const runs = item.order.runs ?? item.order.mask;
    const photo = await item.order.photo();
    const mask = runs ? await encodeMaskPng(decodeRuns(runs)) : null;
    const more = await item.order.more?.();
    if (item.stop.signal.aborted) return null;
    item.started = performance.now();
    const job = await this.api.edit(edit, photo, options, mask, more);
    item.job = job.id;
    if (item.stop.signal.aborted) {
      await this.api.cancel(job.id);
      return null;
    }
    const last = await this.api.follow(job.id, (now) => this.#seen(item, now), item.stop.signal);
    if (last.status === "failed") throw new ApiError(last.error ?? "", 500);
    return last.result;
  }

  /** @param {Item} item @param {Job} job */
  #seen(item, job) {
    item.status = job.status === "running" ? "running" : job.position > 0 ? "waiting" : "sent";
    item.fraction = job.fraction;
    item.message = job.message;
    item.left = job.seconds_left;
    if (job.preview && !item.stop.signal.aborted) item.order.seen?.(job.preview);
    this.#changed();
  }

  /** Whether to try once more, after waiting for what is missing. @param {Item} item @param {ApiError} reason @param {number} tries */
  async #again(item, reason, tries) {
    if (!reason.isAway && tries > TRIES) return false;
    if (reason.isAway) {
      item.status = "away";
      this.#changed();
      await this.back();
    } else if (reason.status === 429) {
      await new Promise((resolve) => setTimeout(resolve, 1000 * Math.max(1, reason.retry)));
    } else if (reason.status === 404) {
      await this.restore();
    } else return false;
    item.job = "";
    return true;
  }

  /** @param {Item} item */
  #leave(item) {
    this.items = this.items.filter((each) => each !== item);
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
