/** Sessions in the browser's own database. A browser that has none, or no room, keeps nothing and says so by `false`. */

/** @typedef {import("./session.js").Record_} Record_ */

const NAME = "retoucher";
const SESSIONS = "sessions";
const PHOTOS = "photos"; // apart, so that a step does not write the photo again

export class Shelf {
  /** @type {Promise<IDBDatabase | null>} */ #database = opened();

  /** @returns {Promise<Record_[]>} */
  async all() {
    return (await this.#ask(SESSIONS, "readonly", (store) => store.getAll())) ?? [];
  }

  /** @param {string} key @returns {Promise<Record_ | null>} */
  async get(key) {
    return (await this.#ask(SESSIONS, "readonly", (store) => store.get(key))) ?? null;
  }

  /** @param {string} key @returns {Promise<Blob | null>} */
  async photo(key) {
    return (await this.#ask(PHOTOS, "readonly", (store) => store.get(key))) ?? null;
  }

  /** @param {Record_} record */
  async keep(record) {
    return (await this.#ask(SESSIONS, "readwrite", (store) => store.put(record))) !== null;
  }

  /** @param {string} key @param {Blob} blob */
  async keepPhoto(key, blob) {
    return (await this.#ask(PHOTOS, "readwrite", (store) => store.put(blob, key))) !== null;
  }

  /** @param {string} key */
  async remove(key) {
    if (!key) return;
    const objects = IDBKeyRange.bound(`${key}:`, `${key};`); // their names begin with the session's
    await Promise.all([key, objects].flatMap((each) => [SESSIONS, PHOTOS].map((name) => this.#ask(name, "readwrite", (store) => store.delete(each)))));
  }

  async clear() {
    await Promise.all([SESSIONS, PHOTOS].map((name) => this.#ask(name, "readwrite", (store) => store.clear())));
  }

  /**
   * One request and its answer; null where it failed.
   *
   * @param {string} name
   * @param {IDBTransactionMode} mode
   * @param {(store: IDBObjectStore) => IDBRequest} request
   * @returns {Promise<any>}
   */
  async #ask(name, mode, request) {
    const database = await this.#database;
    if (!database) return null;
    return new Promise((resolve) => {
      try {
        const transaction = database.transaction(name, mode);
        const asked = request(transaction.objectStore(name));
        if (mode === "readwrite") transaction.commit(); // at once: a page on its way out gets no further turn
        transaction.oncomplete = () => resolve(asked.result);
        transaction.onabort = transaction.onerror = () => resolve(null);
      } catch {
        resolve(null); // closed by the browser
      }
    });
  }
}

/** @returns {Promise<IDBDatabase | null>} */
function opened() {
  return new Promise((resolve) => {
    try {
      const asked = indexedDB.open(NAME, 1);
      asked.onupgradeneeded = () => {
        asked.result.createObjectStore(SESSIONS, { keyPath: "key" });
        asked.result.createObjectStore(PHOTOS);
      };
      asked.onsuccess = () => {
        asked.result.onversionchange = () => asked.result.close();
        resolve(asked.result);
      };
      asked.onerror = asked.onblocked = () => resolve(null);
    } catch {
      resolve(null); // private windows of some browsers
    }
  });
}
