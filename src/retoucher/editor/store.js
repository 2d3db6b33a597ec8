import { encodeMaskPng } from "./geometry/png.js";
import { decodeRuns } from "./geometry/runs.js";

/** @typedef {import("./api.js").Photo} Photo */
/** @typedef {import("./state/document.js").State} State */

const OBJECT = "object:"; // what an object's name begins with among the versions'
const KEPT = 64 * 1024 * 1024; // bytes of patches held here; older ones are fetched again when undo needs them

/**
 * One photo on the server with all its versions. A version keeps the name by which it was first known here; should the
 * server lose it (its folder was cleared, say), it is made again by the same orders, and `id` tells the new one.
 */
export class Store {
  /** @type {Promise<Photo>} */ uploaded = Promise.reject(new Error("no photo"));
  shown = ""; // which version's whole picture lies under the patches
  /** @type {Map<string, string>} */ #ids = new Map();
  /** @type {Blob | null} */ #blob = null;
  /** @type {Map<string, Blob>} */ #patches = new Map();

  /**
   * @param {import("./api.js").Api} api
   * @param {(patch: import("./state/document.js").Patch) => Promise<import("./api.js").More>} more what an order needs beside its options
   */
  constructor(api, more) {
    this.api = api;
    this.more = more;
    this.uploaded.catch(() => {});
  }

  /**
   * Show a photo file and bring it to the server; `ids` are those of a session that is gone on with.
   *
   * @param {Blob} blob
   * @param {Map<string, string>} ids
   */
  async open(blob, ids) {
    this.#blob = blob;
    this.#ids = ids;
    this.#patches.clear();
    this.shown = "";
    const uploaded = this.#arrived(blob);
    uploaded.catch(() => {});
    this.uploaded = uploaded;
    const bitmap = await createImageBitmap(blob).catch(() => null);
    if (bitmap) {
      const odd = uploaded.then((photo) => !isAlike(bitmap, photo));
      const small = bitmap.width * bitmap.height < 1e6; // then waiting costs nothing, and a refusal is said at once
      if (!small && !(await mayBeOdd(blob))) return bitmap;
      if (!(await odd)) return bitmap;
    }
    await uploaded;
    return this.bitmap("");
  }

  /** The photo's entry on the server: what a session remembers, if it is still there, else a new upload. @param {Blob} blob */
  async #arrived(blob) {
    const known = this.#ids.get("");
    const found = known ? await this.api.photo(known).catch(() => null) : null;
    const photo = found ?? (await this.api.upload(blob));
    this.#ids.set("", photo.id);
    return photo;
  }

  /** The server's id of a version. @param {string} version "" is the photo as it was opened */
  id(version) {
    return this.#ids.get(version) ?? version;
  }

  /** The server's id of an object's picture; undefined before it was sent there. @param {string} name */
  object(name) {
    return this.#ids.get(OBJECT + name);
  }

  /** @param {string} name @param {string} id */
  keepObject(name, id) {
    this.#ids.set(OBJECT + name, id);
  }

  /** What a session needs to remember. */
  get ids() {
    return [...this.#ids];
  }

  /** The whole picture of a version as the server sees it. @param {string} version */
  async bitmap(version) {
    if (version === "" && this.#blob) {
      const own = await createImageBitmap(this.#blob).catch(() => null);
      const photo = await this.uploaded;
      if (own && isAlike(own, photo)) return own;
    }
    return createImageBitmap(await this.api.blob(`/api/photos/${this.id(version)}/view`));
  }

  /** @param {string} version */
  async patch(version) {
    const held = this.#patches.get(version) ?? (await this.api.blob(`/api/photos/${this.id(version)}/patch`));
    this.#patches.delete(version);
    this.#patches.set(version, held); // the last one used is the last to go
    let total = [...this.#patches.values()].reduce((sum, blob) => sum + blob.size, 0);
    for (const [name, blob] of this.#patches) {
      if (total <= KEPT) break;
      total -= blob.size;
      this.#patches.delete(name);
    }
    return createImageBitmap(held);
  }

  /**
   * Bring the photo and the versions of these states back to a server that has lost them. The same order gives the
   * same pixels, so nothing that was seen changes.
   *
   * @param {State[]} states
   */
  async restore(states) {
    if (!this.#blob) return;
    if (!(await this.#has(""))) this.#ids.set("", (await this.api.upload(this.#blob)).id);
    const there = new Set();
    for (const state of states) {
      let parent = "";
      for (const patch of state.painted ? [...state.patches, state.painted] : state.patches) {
        if (!there.has(patch.id) && !(await this.#has(patch.id))) this.#ids.set(patch.id, await this.#made(parent, patch));
        there.add(patch.id);
        parent = patch.id;
      }
    }
  }

  /** @param {string} version */
  async #has(version) {
    return (await this.api.photo(this.id(version)).catch(() => null)) !== null;
  }

  /** @param {string} parent @param {import("./state/document.js").Patch} patch */
  async #made(parent, patch) {
    const mask = patch.runs && (await encodeMaskPng(decodeRuns(patch.runs)));
    const job = await this.api.edit(patch.edit, this.id(parent), patch.options, mask, await this.more(patch));
    const { result, error } = await this.api.follow(job.id, () => {}, new AbortController().signal);
    if (!result?.photo) throw new Error(error ?? "");
    const made = [result, ...(result.others ?? [])].flatMap(({ photo }) => photo?.id ?? []);
    const answers = (patch.answers ?? []).map(({ id }) => id);
    answers.forEach((id, i) => made[i] && this.#ids.set(id, made[i]));
    return made[answers.indexOf(patch.id)] ?? result.photo.id;
  }

  /** Have the server delete the photo and all that was made of it, and the objects that were brought in. */
  forget() {
    const own = [...this.#ids].filter(([name]) => name === "" || name.startsWith(OBJECT));
    for (const [, id] of own) this.api.forget(id).catch(() => {});
    this.#ids = new Map();
    this.#blob = null;
    this.#patches.clear();
  }
}

/** Whether the browser's picture of a file is the server's, too: of its size, and not of four inks. @param {ImageBitmap} bitmap @param {Photo} photo */
function isAlike(bitmap, photo) {
  return photo.color !== "CMYK" && photo.width === bitmap.width && photo.height === bitmap.height;
}

/**
 * Whether a browser may show the file otherwise than Retoucher does: anything but plain JPEG, PNG and WebP, and JPEGs
 * of four channels. Told by the first bytes, so that a usual photo is shown without waiting for the server.
 *
 * @param {Blob} blob
 */
async function mayBeOdd(blob) {
  const start = new Uint8Array(await blob.slice(0, 65536).arrayBuffer());
  if (start[0] === 0x89 || start[0] === 0x52) return false;
  if (start[0] !== 0xff) return true;
  for (let i = 2; i + 9 < start.length && start[i] === 0xff; i += 2 + (start[i + 2] << 8) + start[i + 3])
    if (start[i + 1] >= 0xc0 && start[i + 1] <= 0xc2) return start[i + 9] === 4;
  return true; // its frame lies behind a large header: wait and see
}
