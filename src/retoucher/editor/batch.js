/** The same mask on one photo after another: looked at, filled, saved. What is seen of it is in `panels/batch.js`. */
import { grown, within } from "./geometry/box.js";
import { encodeMaskPng } from "./geometry/png.js";
import { decodeRuns, encodeRuns, runsBox } from "./geometry/runs.js";
import { Mask } from "./geometry/mask.js";
import { tintOf, tinted } from "./geometry/tint.js";
import { View, whole } from "./geometry/view.js";
import { download, renamed } from "./panels/download.js";
import { patchOf } from "./remove.js";
import { say } from "./words.js";

/** @typedef {import("./app.js").App} App */
/** @typedef {import("./panels/folder.js").Entry} Entry */
/** @typedef {import("./geometry/runs.js").Runs} Runs */
/** @typedef {import("./geometry/box.js").Box} Box */

const SIDE = 320; // pixels of a picture on the sheet

/** One photo of a batch, and how far it got. */
export class Trial {
  /** @type {"unseen" | "ready" | "filled" | "saved"} */ status = "unseen";
  reason = ""; // why it is left out
  /** @type {HTMLCanvasElement | null} */ before = null;
  /** @type {HTMLCanvasElement | null} */ marked = null; // the same with the mask on it
  /** @type {HTMLCanvasElement | null} */ after = null;
  /** @type {import("./session.js").Kept | null} */ kept = null; // the history it gets

  /** @param {Entry} entry */
  constructor(entry) {
    this.entry = entry;
    this.isTicked = entry.state !== "done"; // who ticks a saved one wants it overwritten
  }

  get isWanted() {
    return this.isTicked && !this.reason;
  }

  /** @param {string} reason */
  refuse(reason) {
    this.reason = reason;
  }

  /** See whether the mask fits, and what lies under it. @param {App} app @param {Runs} runs */
  async look(app, runs) {
    if (this.entry.kept?.states.some(({ state }) => state.patches.length)) return this.refuse(say("batch.edited"));
    const bitmap = await pictureOf(app, this.entry);
    const { width, height } = bitmap;
    if (width === runs.width && height === runs.height) {
      this.before = cut(bitmap, placeOf(runs));
      this.marked = veiled(this.before, runs, app.settings);
      this.status = "ready";
    } else this.refuse(say("batch.size", { width, height, wide: runs.width, high: runs.height }));
    bitmap.close();
  }
}

/** @param {Entry} entry */
export function tried(entry) {
  return new Trial(entry);
}

/**
 * Fill one photo.
 *
 * @param {App} app
 * @param {Trial} trial
 * @param {Runs} runs
 * @param {Record<string, unknown>} options
 * @param {AbortSignal} stop
 */
export async function runBatch({ api, strip, editor }, trial, runs, options, stop) {
  const photo = await api.upload(await strip.blob(trial.entry));
  const job = await api.edit("inpaint", photo.id, options, await encodeMaskPng(decodeRuns(runs)));
  stop.addEventListener("abort", () => void api.cancel(job.id).catch(() => {}), { once: true });
  const last = await api.follow(job.id, () => {}, stop);
  const patch = last.result && patchOf(last.result, "inpaint", options, runs);
  if (!patch) return trial.refuse(last.error ?? last.result?.report.notes.join(" ") ?? say("said.cancelled"));
  trial.after = await repainted(trial, runs, patch.box, () => api.blob(`/api/photos/${patch.id}/patch`));
  const empty = encodeRuns(Mask.none(runs.width, runs.height));
  trial.kept = {
    states: [{ state: { patches: [], mask: empty }, name: "step.open" }, { state: { patches: [patch], mask: empty }, name: "step.remove" }],
    index: 1,
    ids: [["", photo.id]],
    view: whole(runs, editor.screen),
  };
  trial.status = "filled";
}

/**
 * Save one photo, and give the filmstrip what was done to it.
 *
 * @param {App} app
 * @param {Trial} trial
 */
export async function saveBatch({ api, connection, settings, strip }, trial) {
  const { entry, kept } = trial;
  const id = kept?.states[1].state.patches[0].id;
  if (!kept || !id) return;
  const mark = settings.get("note");
  if (entry.folder && connection.about?.folder?.writes) await api.saveInFolder(entry.folder, { photo: id, mark, overwrite: entry.state === "done" });
  else download(await api.file(id, { container: "", quality: 0, mark }), renamed(entry.name, "-retouched"));
  trial.status = "saved";
  entry.state = "done";
  entry.saved = id;
  await strip.give(entry, kept);
}

/** A photo as the browser shows it, or as the server does where the browser cannot. @param {App} app @param {Entry} entry */
async function pictureOf({ api, strip }, entry) {
  const blob = await strip.blob(entry);
  const own = await createImageBitmap(blob).catch(() => null);
  if (own) return own;
  const { id } = await api.upload(blob);
  return createImageBitmap(await api.blob(`/api/photos/${id}/view`));
}

/** The part of the photo that is shown: around the mask. @param {Runs} runs @returns {Box} */
function placeOf(runs) {
  const whole = { x: 0, y: 0, width: runs.width, height: runs.height };
  const box = runsBox(runs) ?? whole;
  return within(grown(box, 24 + Math.round(Math.max(box.width, box.height) / 2)), runs.width, runs.height) ?? whole;
}

/** @param {ImageBitmap} bitmap @param {Box} place */
function cut(bitmap, { x, y, width, height }) {
  const made = blank(width, height);
  made.getContext("2d")?.drawImage(bitmap, x, y, width, height, 0, 0, made.width, made.height);
  return made;
}

/** The same part with the mask on it. @param {HTMLCanvasElement} before @param {Runs} runs @param {import("./settings.js").Settings} settings */
function veiled(before, runs, settings) {
  const place = placeOf(runs);
  const view = new View(before.width / place.width, place.x, place.y);
  const tint = tintOf(settings.get("maskColor"), settings.get("maskOpacity"), settings.get("maskPattern"));
  const pixels = tinted(decodeRuns(runs), view, 1, { x: 0, y: 0, width: before.width, height: before.height }, tint);
  const [made, veil] = [blank(place.width, place.height), blank(place.width, place.height)];
  veil.getContext("2d")?.putImageData(new ImageData(pixels, veil.width, veil.height), 0, 0);
  for (const layer of [before, veil]) made.getContext("2d")?.drawImage(layer, 0, 0);
  return made;
}

/** The same part with the patch on it. @param {Trial} trial @param {Runs} runs @param {Box | null} box @param {() => Promise<Blob>} patch */
async function repainted({ before }, runs, box, patch) {
  const place = placeOf(runs);
  const made = blank(place.width, place.height);
  const drawing = made.getContext("2d");
  if (!before || !box || !drawing) return null;
  drawing.drawImage(before, 0, 0);
  const bitmap = await createImageBitmap(await patch());
  const scale = made.width / place.width;
  drawing.drawImage(bitmap, (box.x - place.x) * scale, (box.y - place.y) * scale, box.width * scale, box.height * scale);
  bitmap.close();
  return made;
}

/** @param {number} width @param {number} height */
function blank(width, height) {
  const scale = Math.min(1, SIDE / Math.max(width, height));
  const made = document.createElement("canvas");
  [made.width, made.height] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
  return made;
}
