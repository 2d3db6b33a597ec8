/** The server's answers as objects. Every request goes to where the page came from, and nowhere else. */

/** @typedef {{id: string, width: number, height: number, container: string, bits: number, color: string, alpha: boolean, bytes: number, notes: string[], parent: string | null, base: string, changed: boolean}} Photo */
/** @typedef {{x: number, y: number, width: number, height: number, url: string}} PatchPlace */
/** @typedef {{method: string, weights: string, frames: number, seconds: number, notes: string[], faces?: number[][]}} Report */
/** @typedef {{photo: Photo | null, patch: PatchPlace | null, outside: number | null}} Made a picture that an edit made; `patch` null where it is no version of a photo */
/** @typedef {Made & {report: Report, masks: string[], views?: Record<string, string>, others?: Made[], person?: Person}} Outcome `others`: further answers beside the first */
/** @typedef {{name: string, base: string, template: string, used: string[], rejected: {name: string, reason: string}[], coverage: string[], warnings: string[], beta: number, directions: string[], steps: number, planned: number, finished: boolean, size: number}} Person */
/** @typedef {{name: string, title: string, licence: string, present: boolean}} Base */
/** @typedef {{persons: Person[], bases: Base[], making: {name: string, job: string} | null, limits: {photos: number, bytes: number}}} Persons */
/** @typedef {{id: string, edit: string, status: "queued" | "running" | "done" | "failed" | "cancelled", position: number, fraction: number, message: string, seconds_left: number | null, error: string | null, preview?: string | null, result: Outcome | null}} Job */
/** @typedef {{object?: string, mask?: Uint8Array<ArrayBuffer> | null, sketch?: Uint8Array<ArrayBuffer> | null, color?: Uint8Array<ArrayBuffer> | null, draft?: boolean}} More an object by its id on the server, a mask (PNG) of its size; lines and colours (PNG) of the photo's; a draft is only looked at */
/** @typedef {{name: string, label: string, weights: string, note: string}} Method */
/** @typedef {{name: string, title: string, megabytes: number, licence: string, commercial: string, command: string}} Advice */
/** @typedef {{name: string, suffix: string, quality: boolean, lossless: boolean}} Container */
/** @typedef {{version: string, device: string, threads: number, exposed: boolean, methods: Method[], advice: Advice[], limits: {bytes: number, pixels: number, queue: number}, containers: Container[], reads: string[], folder: {name: string, count: number, writes: boolean} | null, keep: boolean}} About */
/** @typedef {{name: string, title: string, skill: string, licence: string, attribution: string, source: string, url: string}} Sample */
/** @typedef {{id: string, name: string, bytes: number, done: boolean}} FolderEntry */
/** @typedef {{container: string, bytes: number, original_bytes: number, notes: string[], mark: string | null, name_suffix: string}} Plan */
/** @typedef {{name: string, description: string, inputs: {name: string, kind: string, description: string, required: boolean}[], options: {properties: Record<string, any>}}} EditSchema */

/** An answer that says no: `message` is the server's plain sentence, `status` 0 where there was no answer at all. */
export class ApiError extends Error {
  /**
   * @param {string} message
   * @param {number} status
   * @param {string | null} [field] the option or picture that was wrong
   * @param {number} [retry] seconds after which to try again
   */
  constructor(message, status, field = null, retry = 0) {
    super(message);
    this.status = status;
    this.field = field;
    this.retry = retry;
  }

  /** Whether the server could not be reached, so that the same request may be made again later. */
  get isAway() {
    return this.status === 0;
  }
}

/** One server, reached with the token that came with the page. */
export class Api {
  #token = token();

  /** @returns {Promise<About>} */
  about() {
    return this.#json("GET", "/api/about");
  }

  /** @returns {Promise<EditSchema[]>} */
  edits() {
    return this.#json("GET", "/api/edits");
  }

  /** @returns {Promise<Sample[]>} */
  samples() {
    return this.#json("GET", "/api/samples");
  }

  /** @returns {Promise<FolderEntry[]>} */
  folder() {
    return this.#json("GET", "/api/folder");
  }

  /**
   * @param {string} id
   * @param {{photo: string, mark: boolean, overwrite: boolean}} what
   * @returns {Promise<{name: string}>}
   */
  saveInFolder(id, what) {
    return this.#json("POST", `/api/folder/${id}/save`, JSON.stringify(what), { "Content-Type": "application/json" });
  }

  /**
   * @param {Blob} file
   * @returns {Promise<Photo>}
   */
  upload(file) {
    const form = new FormData();
    form.append("file", file, "photo");
    return this.#json("POST", "/api/photos", form);
  }

  /** @param {string} id @returns {Promise<Photo>} */
  photo(id) {
    return this.#json("GET", `/api/photos/${id}`);
  }

  /** The faces in a photo, the largest first. @param {string} id @returns {Promise<{faces: {box: number[], eyes: [number[], number[]] | null}[], note: string}>} */
  faces(id) {
    return this.#json("GET", `/api/photos/${id}/faces`);
  }

  /** @param {string} id */
  async forget(id) {
    await this.#answer("DELETE", `/api/photos/${id}`);
  }

  /**
   * @param {string} id
   * @param {Record<string, string | number | boolean>} query
   * @returns {Promise<Plan>}
   */
  plan(id, query) {
    return this.#json("GET", `/api/photos/${id}/plan?${asQuery(query)}`);
  }

  /**
   * @param {string} id
   * @param {Record<string, string | number | boolean>} query
   */
  file(id, query) {
    return this.blob(`/api/photos/${id}/file?${asQuery(query)}`);
  }

  /**
   * Bytes from this server; any other address is refused.
   *
   * @param {string} path
   */
  async blob(path) {
    if (!path.startsWith("/")) throw new ApiError(path, 400);
    return (await this.#answer("GET", path)).blob();
  }

  /**
   * A job's picture as it stands, and the box of the photo that it is stretched to; null where there is none.
   *
   * @param {string} path
   * @returns {Promise<{blob: Blob, box: import("./geometry/box.js").Box} | null>}
   */
  async preview(path) {
    const answer = await this.#answer("GET", path);
    const [x, y, width, height] = (answer.headers.get("X-Retoucher-Box") ?? "").split(",").map(Number);
    return width > 0 && height > 0 ? { blob: await answer.blob(), box: { x, y, width, height } } : null;
  }

  /**
   * What a mask file means on a photo, by the rules that every door of Retoucher shares.
   *
   * @param {Blob} file
   * @param {string} photo
   */
  async readMask(file, photo) {
    const form = new FormData();
    form.append("file", file, "mask");
    form.append("photo", photo);
    return new Uint8Array(await (await this.#answer("POST", "/api/masks", form)).arrayBuffer());
  }

  /**
   * Ask for an edit on a photo that the server has.
   *
   * @param {string} name
   * @param {string} photo its id; "" where the edit takes none
   * @param {Record<string, unknown>} options
   * @param {Uint8Array<ArrayBuffer> | null} photoMask a PNG
   * @param {More} [more]
   * @returns {Promise<Job>}
   */
  edit(name, photo, options, photoMask, more = {}) {
    const form = new FormData();
    if (photo) form.append("photo", photo);
    form.append("options", JSON.stringify(options));
    if (more.object) form.append("object", more.object);
    if (more.draft) form.append("draft", "true");
    for (const [part, picture] of Object.entries({ mask: more.mask ?? photoMask, sketch: more.sketch, color: more.color }))
      if (picture) form.append(part, new Blob([picture], { type: "image/png" }), part);
    return this.#json("POST", `/api/edits/${name}`, form);
  }

  /** @returns {Promise<Persons>} */
  persons() {
    return this.#json("GET", "/api/persons");
  }

  /** Have a person's face learnt. @param {Record<string, string>} texts @param {File[]} photos @returns {Promise<Job>} */
  makePerson(texts, photos) {
    const form = new FormData();
    for (const [name, text] of Object.entries(texts)) form.append(name, text);
    for (const photo of photos) form.append("photos", photo, photo.name);
    return this.#json("POST", "/api/persons", form);
  }

  /** @param {string} name @returns {Promise<{deleted: string[]}>} */
  deletePerson(name) {
    return this.#json("DELETE", `/api/persons/${encodeURIComponent(name)}`);
  }

  /** @param {string} id @returns {Promise<Job>} */
  cancel(id) {
    return this.#json("DELETE", `/api/jobs/${id}`);
  }

  /**
   * Follow a job until it has ended; returns its last state.
   *
   * @param {string} id
   * @param {(job: Job) => void} seen
   * @param {AbortSignal} signal
   */
  async follow(id, seen, signal) {
    const answer = await this.#answer("GET", `/api/jobs/${id}`, undefined, { Accept: "text/event-stream" }, signal);
    const reader = /** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */ (answer.body).pipeThrough(new TextDecoderStream()).getReader();
    /** @type {Job | null} */ let last = null;
    for (let text = ""; ; ) {
      const { done, value } = await reader.read().catch((error) => {
        throw signal.aborted ? error : new ApiError(String(error), 0);
      });
      if (done) break;
      const parts = (text + value.replaceAll("\r", "")).split("\n\n");
      text = parts.pop() ?? "";
      for (const data of parts.map(dataOf).filter(Boolean)) {
        last = /** @type {Job} */ (JSON.parse(data));
        seen(last);
      }
    }
    if (last === null || last.status === "queued" || last.status === "running") throw new ApiError("", 0);
    return last;
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {BodyInit} [body]
   * @param {Record<string, string>} [headers]
   */
  async #json(method, path, body, headers) {
    return (await this.#answer(method, path, body, headers)).json();
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {BodyInit} [body]
   * @param {Record<string, string>} [headers]
   * @param {AbortSignal} [signal]
   * @returns {Promise<Response>}
   */
  async #answer(method, path, body, headers = {}, signal) {
    const used = this.#token;
    let answer;
    try {
      answer = await fetch(path, { method, body, signal, keepalive: method === "DELETE", headers: { ...headers, "X-Retoucher-Token": used } });
    } catch (error) {
      throw signal?.aborted ? error : new ApiError(String(error), 0);
    }
    if (answer.ok) return answer;
    if (answer.status === 401 && (await this.#renewed()) !== used) return this.#answer(method, path, body, headers, signal);
    const said = await answer.json().catch(() => ({}));
    const retry = Number(answer.headers.get("Retry-After") ?? 0);
    throw new ApiError(said.detail ?? `${answer.status} ${answer.statusText}`, answer.status, said.field ?? null, retry);
  }

  /** Take the token of a server that was started anew and keeps none: it is in the page, as it was in this one. */
  async #renewed() {
    const page = await fetch("/", { cache: "no-store" }).then((answer) => answer.text()).catch(() => "");
    this.#token = /<meta name="retoucher-token" content="([^"%]+)"/.exec(page)?.[1] ?? this.#token;
    return this.#token;
  }
}

/** The token in the page, or the one in the address of a shared server, which is taken out of the address at once. */
function token() {
  const inPage = document.querySelector('meta[name="retoucher-token"]')?.getAttribute("content") ?? "";
  const inAddress = new URLSearchParams(location.hash.slice(1)).get("token");
  if (inAddress) {
    sessionStorage.setItem("retoucher-token", inAddress);
    history.replaceState(null, "", location.pathname + location.search);
  }
  return inPage || inAddress || (sessionStorage.getItem("retoucher-token") ?? "");
}

/** @param {Record<string, string | number | boolean>} query */
function asQuery(query) {
  return new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)])).toString();
}

/** The data lines of one server-sent event. @param {string} event */
function dataOf(event) {
  return event
    .split("\n")
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice(5).trimStart())
    .join("\n");
}
