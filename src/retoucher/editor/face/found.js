/** What the server sees in the photo: where faces are, and their lines and colours to begin from. */
import { ApiError } from "../api.js";
import { asOption } from "../geometry/facebox.js";
import { followed } from "../geometry/follow.js";
import { decodeMaskPng } from "../geometry/png.js";
import { shortened } from "../messages.js";
import { beneath } from "../state/document.js";
import { say } from "../words.js";

/** @typedef {import("../geometry/box.js").Box} Box */
/** @typedef {import("../geometry/box.js").Point} Point */
/** @typedef {import("../state/document.js").Drawing} Drawing */
/** @typedef {{box: Box, eyes: [Point, Point] | null}} Seen a face, and its eyes, the left one in the picture first */

const SQUARE = 1.8; // sides of a face's box in the square whose lines are traced
const WORKED = 512; // pixels of that square in which they are traced
const [WIDTH, SPACING, LEAST] = [1.5, 2.5, 9]; // of a traced line, in pixels of that size
const LONGEST = 2048; // pixels of a picture of flat colours as it is kept here: it has nothing fine in it

export class Found {
  /** @type {Seen[] | null} */ faces = null; // null until they were looked for
  note = ""; // why there are none, in the server's words
  /** @type {import("../ink.js").Pictures} */ pictures = new Map();
  detail = 0.5;
  #key = ""; // the photo and version that `faces` is of

  /** @param {import("./face.js").Face} face */
  constructor(face) {
    this.face = face;
    this.editor = face.editor;
    face.app.connection.addEventListener("change", () => !this.faces && this.isWanted && void this.look());
  }

  /** Whether it matters where faces are. */
  get isWanted() {
    const { mode, picture } = this.editor;
    return picture !== null && (mode === "face" || mode === "person");
  }

  /** The version on which a redrawing works, by its name here. */
  get base() {
    const now = this.editor.history?.now;
    return (now && beneath(now).at(-1)?.id) ?? "";
  }

  /** Look for faces, unless that was done. */
  async look() {
    const { editor, face } = this;
    const key = `${editor.opened} ${this.base}`;
    if (key === this.#key && this.faces) return;
    if (key === this.#key && this.#looking) return;
    const isOther = !this.#key.startsWith(`${editor.opened} `);
    this.#key = key;
    if (isOther) [this.faces, face.axis] = [null, null];
    this.#looking = true;
    try {
      const version = this.base;
      await editor.store.uploaded;
      const { faces, note } = await editor.api.faces(editor.store.id(version));
      if (key !== this.#key) return;
      const had = this.faces?.length;
      this.faces = faces.map(({ box: [x, y, width, height], eyes }) => ({ box: { x, y, width, height }, eyes: eyes && [asPoint(eyes[0]), asPoint(eyes[1])] }));
      this.note = note;
      if (!this.faces.length && had !== 0 && !face.drawing.face) editor.announce(say("said.noface"), true);
      else if (this.faces.length && !had && isOther) editor.announce(say(this.faces.length > 1 ? "said.faces" : "said.face", { count: this.faces.length }));
      face.show();
    } catch (error) {
      if (key === this.#key && !(error instanceof ApiError && error.isAway)) this.faces = []; // then it is set by hand
      face.show();
    } finally {
      if (key === this.#key) this.#looking = false;
    }
  }

  #looking = false;

  /** Have the photo's own lines, or its colours, to begin from; those that were taken before go. @param {"lines" | "colors"} what */
  take(what) {
    const { editor, face } = this;
    const isLines = what === "lines";
    const { face: hand } = face.drawing;
    const base = this.base;
    const turn = editor.opened;
    editor.queue.add({
      edit: "trace",
      title: say(isLines ? "face.trace" : "face.tracecolors"),
      options: { ...editor.options.trace, face: hand ? asOption(hand) : "", detail: this.detail },
      runs: null,
      photo: async () => {
        await editor.store.uploaded;
        return editor.store.id(base);
      },
      done: async (outcome) => {
        if (turn !== editor.opened || base !== this.base) return;
        await (isLines ? this.#lines(outcome) : this.#colors(outcome));
      },
      undone: (reason) => editor.announce(reason ? shortened(reason) : say("said.cancelled"), Boolean(reason)),
    });
    editor.announce(say("said.tracing"));
  }

  /** @param {import("../api.js").Outcome} outcome */
  async #lines({ masks, report }) {
    const { editor, face } = this;
    const mask = await decodeMaskPng(new Uint8Array(await (await editor.api.blob(masks[0])).arrayBuffer()));
    const [[, , side] = [0, 0, Math.max(mask.width, mask.height) / SQUARE]] = report.faces ?? [];
    const scale = (side * SQUARE) / WORKED;
    const lines = followed(mask, { width: Math.min(8, Math.max(1, Math.round(WIDTH * scale))), spacing: Math.max(1.5, SPACING * scale), least: LEAST * scale, coarse: Math.max(1, Math.floor(scale)) });
    if (!lines.length) return editor.announce(say("said.nolines"), true);
    face.see("lines", true);
    face.app.take("bend");
    face.change({ lines: [...lines, ...face.drawing.lines.filter(({ traced }) => !traced)] }, "step.traced");
    editor.announce(say("said.traced", { count: lines.length }));
  }

  /** @param {import("../api.js").Outcome} outcome */
  async #colors({ views }) {
    const { editor, face } = this;
    if (!views?.colors) return;
    const blob = await editor.api.blob(views.colors);
    const name = `colors-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`;
    this.pictures.set(name, await reduced(blob));
    await face.app.session.keepObject(name, blob);
    face.see("colors", true);
    face.app.take("paint");
    face.change({ paints: [{ picture: name }, ...face.drawing.paints.filter((paint) => !("picture" in paint))] }, "step.tracedcolors");
    editor.announce(say("said.tracedcolors"));
  }

  /** Bring the pictures that a drawing needs back after a reload. @param {Drawing} drawing */
  async pictured({ paints }) {
    for (const paint of paints) {
      if (!("picture" in paint) || this.pictures.has(paint.picture)) continue;
      const blob = await this.face.app.session.object(paint.picture);
      if (!blob || this.pictures.has(paint.picture)) continue;
      this.pictures.set(paint.picture, await reduced(blob));
      this.face.show();
    }
  }
}

/** @param {number[]} place */
function asPoint([x, y]) {
  return { x, y };
}

/** @param {Blob} blob */
async function reduced(blob) {
  const bitmap = await createImageBitmap(blob);
  const scale = LONGEST / Math.max(bitmap.width, bitmap.height);
  if (scale >= 1) return bitmap;
  const options = /** @type {const} */ ({ resizeWidth: Math.round(bitmap.width * scale), resizeHeight: Math.round(bitmap.height * scale), resizeQuality: "pixelated" });
  const small = await createImageBitmap(bitmap, options);
  bitmap.close();
  return small;
}
