import { ApiError } from "./api.js";
import { say } from "./words.js";

/** Methods that have a name in the person's language; others keep the server's. @type {Record<string, import("./words.js").Word>} */
const NAMES = { exemplar: "method.exemplar", lama: "method.lama", partialconv: "method.partialconv", harmonization: "method.harmonization", scfegan: "method.scfegan", mystyle: "method.mystyle" };

const EVERY = 2000; // milliseconds between two looks; that a server has stopped must be said within five seconds

/** Whether the server is there. Tells "change" when it goes or comes back. */
export class Connection extends EventTarget {
  away = false;
  /** @type {import("./api.js").About | null} */ about = null;
  /** @type {(() => void)[]} */ #waiting = [];

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    super();
    this.api = api;
  }

  /** What a method is called for people. @param {string} name */
  label(name) {
    if (NAMES[name]) return say(NAMES[name]);
    return this.about?.methods.find((method) => method.name === name)?.label ?? name;
  }

  /** Look now and from then on, as long as the page is open. */
  async watch() {
    await this.look();
    setTimeout(() => void this.watch(), EVERY);
  }

  /** Resolves when the server can be reached. @returns {Promise<void>} */
  back() {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#set(true);
    });
  }

  async look() {
    try {
      const isFirst = this.about === null;
      this.about = await this.api.about();
      if (isFirst) this.dispatchEvent(new Event("change"));
      this.#set(false);
    } catch (error) {
      if (error instanceof ApiError && error.isAway) this.#set(true);
    }
  }

  /** @param {boolean} away */
  #set(away) {
    if (!away) for (const resolve of this.#waiting.splice(0)) resolve();
    if (away === this.away) return;
    this.away = away;
    this.dispatchEvent(new Event("change"));
  }
}
