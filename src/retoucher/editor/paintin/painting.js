/** Orders for painting an object in: a quick preview while it is placed, the real one on demand, and the step that applies it. */
import { ApiError } from "../api.js";
import { isOutside } from "../geometry/placing.js";
import { encodeMaskPng } from "../geometry/png.js";
import { decodeRuns } from "../geometry/runs.js";
import { shortened } from "../messages.js";
import { Rough } from "../over.js";
import { patchOf } from "../remove.js";
import { versionOf } from "../state/document.js";
import { say, shown } from "../words.js";
import { Quick, Standing } from "./quick.js";

/** @typedef {import("../state/document.js").Placed} Placed */
/** @typedef {import("../api.js").Outcome} Outcome */

const QUICK = { size: 320, steps: 20 }; // of the painting's longer side: shown within three seconds
const MAPS = 4; // maps that are kept

export class Painting {
  /** @type {Rough | null} */ #progress = null; // how the one that is being made stands
  /** @type {Standing | null} */ #standing = null;
  /** @type {import("../queue.js").Item | null} */ #item = null;
  /** @type {Placed | null} */ #of = null; // what it is being made of
  /** @type {Map<string, Rough>} */ #maps = new Map(); // where the strokes of a result come from
  #saw = false; // whether a preview was shown
  #again = 0; // times that a preview was asked for once more
  showsMap = false;

  /** @param {import("./paintin.js").PaintIn} paintin */
  constructor(paintin) {
    this.paintin = paintin;
    this.editor = paintin.editor;
    this.quick = new Quick(this.editor.api);
    addEventListener("pagehide", () => this.#leave()); // the server need not finish what nobody waits for
    addEventListener("pageshow", ({ persisted }) => persisted && this.follow());
    this.quick.addEventListener("change", () => this.#previewed());
    this.quick.addEventListener("fault", (event) => void this.#fault(/** @type {CustomEvent} */ (event).detail));
    this.editor.on("queue", () => this.follow());
    const { more } = this.editor;
    this.editor.more = async (patch) => (patch.placed ? this.#more(patch.placed) : more(patch));
  }

  /** Whether the object is being painted in now. */
  get isBusy() {
    return this.#item !== null && this.editor.queue.items.includes(this.#item);
  }

  /** The map of what is shown, or null. */
  get map() {
    const { painted } = this.paintin;
    return (painted && this.#maps.get(painted.id)) ?? null;
  }

  /** What stands for the object; null: nothing does, and it is shown as it is. @returns {Rough[] | null} */
  get over() {
    if (this.showsMap && this.map) return [this.map];
    if (this.paintin.painted) return [];
    if (this.isBusy && this.#progress) return [this.#progress];
    return this.quick.picture ? [this.quick.picture] : null;
  }

  /** Why the object cannot be painted in as it lies, or "". */
  get hindrance() {
    const { placed, editor } = this.paintin;
    if (!placed || !editor.picture) return say("said.noobject");
    return isOutside(placed.place, placed.size, editor.picture) ? say("said.outside") : "";
  }

  /** Keep to what is placed now: what is being made of something else is given up, and a preview is asked for. */
  follow() {
    const { placed, painted } = this.paintin;
    if (this.#item && !this.isBusy) this.#over();
    if (this.#item && this.#of !== placed) this.editor.queue.cancel(this.#item, true);
    if (!painted) this.showsMap = false;
    this.quick.want(this.#wanted());
  }

  /** Enter: paint the object in; once more, and it is applied. */
  enter() {
    const { paintin } = this;
    if (paintin.painted) return this.apply();
    if (this.isBusy) return;
    if (this.hindrance) return this.editor.announce(this.hindrance, true);
    if (paintin.isUncut) paintin.accept();
    this.#run();
  }

  /** Make what is shown part of the photo. */
  apply() {
    const { editor } = this;
    const now = editor.history?.now;
    if (!now?.painted) return;
    void editor.arrived({ ...now, patches: [...now.patches, now.painted], placed: null, painted: null }, "step.paintin", editor.queue.tick());
    editor.announce(say("said.applied"));
  }

  /** @param {boolean} on */
  showMap(on) {
    this.showsMap = on && this.map !== null;
    this.paintin.show();
    this.editor.announce(say(this.showsMap ? "said.map" : "said.nomap"));
  }

  #run() {
    const { editor, paintin } = this;
    const { placed } = paintin;
    if (!placed) return;
    this.#progress = this.quick.picture; // until there is more to see
    this.quick.want(null);
    let parent = "";
    const options = this.#options(placed);
    this.#of = placed;
    this.#item = editor.queue.add({
      edit: "harmonize",
      title: say("mode.paintin"),
      options,
      runs: null,
      more: () => this.#more(placed),
      photo: () => {
        parent = editor.history ? versionOf(editor.history.now) : "";
        return editor.version();
      },
      seen: (path) => void this.#seen(path),
      done: (outcome) => this.#done(placed, parent, options, outcome),
      undone: (reason) => {
        this.#over();
        editor.announce(reason ? shortened(reason) : say("said.notpainted"), Boolean(reason));
      },
    });
    editor.announce(say("said.painting"));
    paintin.show();
  }

  /** @param {Placed} placed @param {string} parent @param {Record<string, unknown>} options @param {Outcome} outcome */
  async #done(placed, parent, options, outcome) {
    const { editor } = this;
    const now = editor.history?.now;
    if (!now || now.placed !== placed || versionOf(now) !== parent) return; // something else is placed by now
    const patch = patchOf(outcome, "harmonize", options, null);
    const notes = outcome.report.notes.join(" ");
    if (!patch) return editor.announce(notes || say("said.same"));
    await this.#keepMap(patch.id, outcome.views?.correspondence);
    await editor.arrived({ ...now, painted: { ...patch, placed } }, "step.placed", 0);
    editor.announce(`${say("said.painted", { seconds: shown(patch.seconds) })} ${notes}`.trim());
  }

  /** @param {string} id @param {string} [path] */
  async #keepMap(id, path) {
    const { picture } = this.editor;
    if (!path || !picture) return;
    const bitmap = await this.editor.api.blob(path).then(createImageBitmap).catch(() => null); // the result is good without it
    if (!bitmap) return;
    this.#maps.set(id, new Rough({ x: 0, y: 0, width: picture.width, height: picture.height }, bitmap));
    bitmap.close();
    for (const old of [...this.#maps.keys()].slice(0, -MAPS)) this.#maps.delete(old);
  }

  /** How it stands, as the server sees it. @param {string} path */
  async #seen(path) {
    const standing = (this.#standing ??= new Standing(this.editor.api));
    const rough = await standing.at(path);
    if (!rough || standing !== this.#standing || !this.isBusy) return;
    this.#progress = rough;
    this.paintin.show();
  }

  #leave() {
    this.quick.want(null);
    if (this.#item) this.editor.queue.cancel(this.#item, true);
  }

  #over() {
    this.#item = this.#of = this.#progress = this.#standing = null;
    this.paintin.show();
  }

  /** What the preview is to show; null: there is none to be made. @returns {import("./quick.js").Wanted | null} */
  #wanted() {
    const { editor, paintin } = this;
    const { placed } = paintin;
    const isAsked = paintin.isHere && paintin.isReady && !paintin.painted && !paintin.isUncut && !this.hindrance;
    if (!placed || !editor.history || !isAsked || editor.queue.items.length) return null;
    const options = { ...this.#options(placed), ...QUICK };
    const key = JSON.stringify([editor.opened, versionOf(editor.history.now), placed.object, placed.trim, options]);
    return { key, options, photo: () => editor.version(), more: () => this.#more(placed) };
  }

  /** A preview has come, or is not true any more. */
  #previewed() {
    const { picture } = this.quick;
    if (picture && !this.#saw) this.editor.announce(say("said.preview")); // once for each that comes
    this.#saw = picture !== null;
    if (picture) this.#again = 0;
    this.paintin.show();
  }

  /** A preview could not be had: the server is away, or has lost a picture; or there is something to mend. @param {unknown} reason */
  async #fault(reason) {
    const { editor } = this;
    this.paintin.show();
    if (!(reason instanceof ApiError) || (!reason.isAway && reason.status !== 404 && reason.status !== 429) || this.#again++ > 4) return editor.announce(shortened(reason), true);
    if (reason.isAway) await editor.connection.back();
    else if (reason.status === 404) await editor.store.restore(editor.states()).catch(() => {});
    else await new Promise((resolve) => setTimeout(resolve, 1000 * Math.max(1, reason.retry)));
    this.quick.again(this.#wanted());
  }

  /** @param {Placed} placed @returns {Record<string, unknown>} */
  #options({ place, strength, like }) {
    const part = like ? [like.x, like.y, like.width, like.height].join(",") : "";
    return { ...this.editor.options.harmonize, ...place, strength: strength ?? "auto", like: part };
  }

  /** @param {Placed} placed */
  async #more({ object, trim }) {
    return { object: await this.paintin.objects.id(object), mask: trim && (await encodeMaskPng(decodeRuns(trim))) };
  }
}
