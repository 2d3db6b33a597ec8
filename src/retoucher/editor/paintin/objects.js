/** The pictures of objects that were brought in, by the names they have in this session: here, in the browser's store, and on the server. */
import { Cutout } from "../over.js";
import { say } from "../words.js";

/** @typedef {{name: string, blob: Blob, cutout: Cutout}} Item */

const LEAST = 0.002; // opacity's mean below which there is nothing to see
const OPAQUE = 0.998; // and above which a picture has no outline of its own

export class Objects {
  /** @type {Map<string, Promise<Item>>} */ #items = new Map();

  /**
   * @param {import("../api.js").Api} api
   * @param {() => import("../store.js").Store} store which knows their ids on the server
   * @param {{keepObject(name: string, blob: Blob): Promise<void>, object(name: string): Promise<Blob | null>}} shelf
   */
  constructor(api, store, shelf) {
    this.api = api;
    this.store = store;
    this.shelf = shelf;
  }

  /**
   * Take a picture in; refuses one in which nothing is to be seen.
   *
   * @param {Blob} file
   */
  async add(file) {
    const name = crypto.getRandomValues(new Uint32Array(2)).join("-");
    const { blob, bitmap } = await this.#read(file);
    const item = { name, blob, cutout: new Cutout(bitmap) };
    bitmap.close();
    if (item.cutout.opacity < LEAST) throw new Error(say("said.invisible"));
    this.#items.set(name, Promise.resolve(item));
    await this.shelf.keepObject(name, blob);
    return item;
  }

  /** The one of this name; fetched from the browser's store after a reload. @param {string} name */
  get(name) {
    const known = this.#items.get(name);
    if (known) return known;
    const found = this.shelf.object(name).then(async (blob) => {
      if (!blob) throw new Error(say("said.objectgone"));
      const bitmap = await createImageBitmap(blob);
      return { name, blob, cutout: new Cutout(bitmap) };
    });
    this.#items.set(name, found);
    found.catch(() => this.#items.delete(name));
    return found;
  }

  /** Its id on the server, to which it is sent if it is not there. @param {string} name */
  async id(name) {
    const store = this.store();
    const known = store.object(name);
    if (known && (await this.api.photo(known).catch(() => null))) return known;
    const { blob } = await this.get(name);
    const { id } = await this.api.upload(blob);
    store.keepObject(name, id);
    return id;
  }

  /** A picture as the browser shows it; what it cannot read is read by the server. @param {Blob} file */
  async #read(file) {
    const bitmap = await createImageBitmap(file).catch(() => null);
    if (bitmap) return { blob: file, bitmap };
    const { id } = await this.api.upload(file);
    const blob = await this.api.blob(`/api/photos/${id}/view`);
    this.api.forget(id).catch(() => {}); // what is painted in is what is shown
    return { blob, bitmap: await createImageBitmap(blob) };
  }
}

/** Whether a picture has no transparent part, so that its outline is its frame. @param {Item} item */
export function isOpaque({ cutout }) {
  return cutout.opacity > OPAQUE;
}
