/** Redrawing faces: a mask says what, lines and colours say how. Each lies on a layer of its own; `redrawing.js` has it done. */
import { within } from "../geometry/box.js";
import { faceUnder } from "../geometry/facebox.js";
import { axisOf, holds, mirrored } from "../geometry/mirror.js";
import { runsArea, runsBox } from "../geometry/runs.js";
import { clearMask } from "../masking.js";
import { showConsent } from "../panels/consent.js";
import { Rectangle } from "../tools.js";
import { say } from "../words.js";
import { Found } from "./found.js";
import { Held } from "./held.js";
import { Bend, Pen, Picker, Tint, Wiper, colorAt } from "./pens.js";
import { Redrawing } from "./redrawing.js";

/** @typedef {import("../state/document.js").Drawing} Drawing */
/** @typedef {import("../state/document.js").State} State */
/** @typedef {import("../geometry/box.js").Box} Box */
/** @typedef {import("../tools.js").Tool} Tool */
/** @typedef {import("../tools.js").Touch} Touch */
/** @typedef {import("../words.js").Word} Word */
/** @typedef {"mask" | "lines" | "colors"} Layer */

/** The layer of each tool; the eraser and the hand work on the one that is there. @type {Partial<Record<import("../workplace.js").ToolName, Layer>>} */
const LAYERS = { brush: "mask", rectangle: "mask", lasso: "mask", polygon: "mask", select: "mask", pen: "lines", bend: "lines", paint: "colors", picker: "colors" };

/** The tool that a layer begins with. */
const FIRST = /** @type {const} */ ({ mask: "brush", lines: "pen", colors: "paint" });

const LEAST = 16; // pixels each way of a face's box
const COLORS = 8; // last colours that are kept

export class Face {
  /** @type {Layer} */ layer = "mask";
  seen = { mask: true, lines: true, colors: true };
  away = false; // whether all layers are put away, to see the result
  choosing = false; // whether the next drag on the photo marks the face
  /** @type {import("../geometry/mirror.js").Axis | null} */ axis = null; // about which is drawn twice
  /** @type {import("../ink.js").Live[]} */ live = []; // what is being drawn
  /** @type {readonly import("../geometry/lines.js").Line[] | null} */ #changing = null; // lines as they are while they are changed
  /** @type {State | null} */ #put = null; // the state for which the layers were put away
  #wasHere = false;
  /** @type {import("../workplace.js").Mode} */ #from = "remove";
  #held = new Held(this);

  /** @param {import("../app.js").App} app */
  constructor(app) {
    this.app = app;
    this.editor = app.editor;
    this.found = new Found(this);
    this.redrawing = new Redrawing(this);
    this.tools = { pen: new Pen(this), bend: new Bend(this), wiper: new Wiper(this), paint: new Tint(this, false), unpaint: new Tint(this, true), picker: new Picker(this) };
    this.area = new Rectangle(this.editor, (box) => this.setFace(box));
    const { editor } = this;
    editor.on(["photo", "history"], () => this.#changed());
    editor.on("photo", () => this.#asked());
    editor.on("mode", () => this.#entered());
    editor.on("tool", () => (this.layer = LAYERS[editor.tool] ?? this.layer));
    editor.on("compare", () => this.show());
  }

  get isHere() {
    return this.editor.mode === "face" && this.editor.picture !== null;
  }

  /** What is drawn, as the history has it. @returns {Drawing} */
  get drawing() {
    const { width = 0, height = 0 } = this.editor.picture ?? {};
    const kept = this.editor.history?.now.drawing;
    return kept && kept.size.width === width && kept.size.height === height ? kept : { lines: [], paints: [], face: null, size: { width, height } };
  }

  /** The face that is meant: set by hand, or found under the mask. */
  get face() {
    const { face } = this.drawing;
    if (face) return { box: face, eyes: null };
    const { history } = this.editor;
    return faceUnder(this.found.faces ?? [], history && runsBox(history.now.mask));
  }

  /** The tool in hand, made to work here; null where it only moves the view. @param {Tool | null} own of all modes */
  tool(own) {
    const { tool } = this.editor;
    const drawer = tool === "pen" || tool === "bend" || tool === "paint" || tool === "picker" ? this.tools[tool] : null;
    this.#held.inner = this.choosing ? this.area : tool === "eraser" ? this.#eraser(own) : (drawer ?? own);
    return this.#held;
  }

  /** @param {Tool | null} own */
  #eraser(own) {
    return this.layer === "mask" ? own : this.layer === "lines" ? this.tools.wiper : this.tools.unpaint;
  }

  /** What a press takes: with Alt, or the pen's other end, something else. The layers come back to be seen. @param {Tool | null} tool @param {Touch} at */
  choose(tool, at) {
    this.putAway(false);
    if (!this.choosing && !this.seen[this.layer]) this.see(this.layer, true);
    if (!at.alt && !at.eraser) return tool;
    if (tool === this.tools.paint && at.alt) return this.tools.picker;
    if (tool === this.tools.pen || tool === this.tools.bend) return this.tools.wiper;
    return tool === this.tools.paint ? this.tools.unpaint : tool;
  }

  /** The setting for the width of the tool in hand. @returns {"pen" | "tint" | "wipe" | "reach" | "brush"} */
  get width() {
    const { tool } = this.editor;
    if (tool === "eraser") return this.layer === "mask" ? "brush" : "wipe";
    return tool === "pen" ? "pen" : tool === "paint" ? "tint" : tool === "bend" ? "reach" : "brush";
  }

  /** Work on a layer, with the tool that it begins with unless the eraser is in hand. @param {Layer} layer */
  enterLayer(layer) {
    this.layer = layer;
    if (this.editor.tool === "eraser") this.editor.tell("tool");
    else this.app.take(FIRST[layer]);
  }

  /** @param {Layer} layer @param {boolean} on */
  see(layer, on) {
    this.seen[layer] = on;
    this.away = false;
    this.show();
  }

  /** Put all layers away, or have them back. @param {boolean} away */
  putAway(away) {
    if (this.away === away) return;
    this.away = away;
    this.show();
  }

  /** @param {Layer} layer */
  clear(layer) {
    if (layer === "mask") clearMask(this.editor);
    else if (layer === "lines" && this.drawing.lines.length) this.change({ lines: [] }, "step.clearlines");
    else if (layer === "colors" && this.drawing.paints.length) this.change({ paints: [] }, "step.clearcolors");
  }

  /** Strokes as they are and, where drawing is mirrored, as they are across the middle line. @param {Touch[]} stroke */
  twice(stroke) {
    const { axis } = this;
    return axis ? [stroke, stroke.map((at) => mirrored(axis, at))] : [[...stroke]];
  }

  /** @param {boolean} on */
  mirror(on) {
    this.reflect(on && this.editor.picture ? axisOf(this.face, this.editor.picture) : null);
    this.editor.announce(say(on ? "said.mirror" : "said.nomirror"));
  }

  /** @param {import("../geometry/mirror.js").Axis | null} axis */
  reflect(axis) {
    this.axis = axis;
    this.show();
  }

  /** Take the photo's colour at a place. @param {Touch} at @param {boolean} aloud */
  pick(at, aloud) {
    const color = this.editor.picture && colorAt(this.editor.picture, at);
    if (!color) return;
    this.app.settings.set("color", color);
    if (aloud) this.editor.announce(say("said.picked", { color }));
  }

  /** Keep a colour among the last ones. @param {string} color */
  used(color) {
    const { settings } = this.app;
    settings.set("palette", [color, ...settings.get("palette").split(" ").filter((each) => each && each !== color)].slice(0, COLORS).join(" "));
  }

  /** Have the person drag a box around the face, or not any more. @param {boolean} on */
  chooseFace(on) {
    this.choosing = on;
    this.editor.tell("tool");
    if (on) this.editor.announce(say("how.facebox"));
  }

  /** Where the face is; null: where it is found. @param {Box | null} box */
  setFace(box) {
    const { picture } = this.editor;
    if (!picture) return;
    const face = within(box, picture.width, picture.height);
    if (box && (!face || face.width < LEAST || face.height < LEAST)) return this.editor.announce(say("said.smallface"), true);
    this.choosing = false;
    this.change({ face }, face ? "step.facebox" : "step.facefound");
    this.editor.tell("tool");
  }

  /** Something that is drawn is otherwise now: a step. @param {Partial<Drawing>} what @param {Word} name */
  change(what, name) {
    const { history } = this.editor;
    if (!history) return;
    const drawing = { ...this.drawing, ...what };
    this.step({ ...history.now, drawing }, name);
    this.editor.announce(say("said.drawn", { step: say(name), lines: drawing.lines.length, strokes: drawing.paints.length }));
    if (!("face" in what)) this.redrawing.auto();
  }

  /** @param {State} state @param {Word} name */
  step(state, name) {
    const { editor } = this;
    this.free(false);
    editor.taken = [];
    editor.note(state, name, editor.queue.tick());
    editor.tell("history");
  }

  /** Nothing is being drawn any more. @param {boolean} [seen] */
  free(seen = true) {
    this.live = [];
    this.#changing = null;
    if (seen) this.show();
  }

  /** What is being drawn has grown. */
  grown() {
    if (!this.editor.drawn) return;
    this.editor.drawn.live = this.live;
    for (const each of this.live) this.editor.tell("drawn", each);
  }

  /** Show the layers, with other lines while these are changed. @param {readonly import("../geometry/lines.js").Line[] | null} [changing] */
  show(changing = null) {
    const { editor, drawing, seen, away } = this;
    this.#changing = changing;
    const isSeen = this.isHere && !away;
    if (this.isHere) editor.showsMask = isSeen && seen.mask;
    editor.drawn = isSeen ? { lines: seen.lines ? (this.#changing ?? drawing.lines) : [], paints: seen.colors ? drawing.paints : [], live: this.live, pictures: this.found.pictures, size: drawing.size } : null;
    this.#guide(this.isHere ? isSeen : this.found.isWanted && editor.showsMask);
    editor.mirror = this.isHere && this.axis ? (point) => (this.axis ? mirrored(this.axis, point) : point) : null;
    editor.tell("mask");
    editor.tell("drawn");
    editor.tell("overlay");
    editor.tell("placed");
  }

  /** The faces' boxes and the middle line. @param {boolean} isSeen */
  #guide(isSeen) {
    const { editor, axis } = this;
    editor.guides = [];
    if (!isSeen) return;
    const mine = this.face;
    const all = this.drawing.face && mine ? [mine] : (this.found.faces ?? []);
    for (const each of all) {
      const { x, y, width, height } = each.box;
      editor.guides.push({ kind: "face", closed: true, faint: each !== mine, points: [{ x, y }, { x: x + width, y }, { x: x + width, y: y + height }, { x, y: y + height }] });
    }
    if (axis && this.isHere) editor.guides.push({ kind: "axis", closed: false, points: [axis.from, axis.to], holds: Object.values(holds(axis)) });
  }

  /** Another step is shown. */
  #changed() {
    const { history } = this.editor;
    if (history?.now !== this.#put) this.away = false;
    this.#put = this.away ? (history?.now ?? null) : null;
    this.free(false);
    void this.found.pictured(this.drawing);
    if (this.found.isWanted) void this.found.look();
    this.show();
  }

  /** A result has come: it is looked at without the layers. */
  reveal() {
    this.#put = this.editor.history?.now ?? null;
    this.putAway(this.isHere);
  }

  /** In this mode the tool at first is one of the mask's. */
  #entered() {
    const { editor } = this;
    const isHere = editor.mode === "face";
    if (!isHere) this.#from = editor.mode;
    if (isHere === this.#wasHere) return;
    this.#wasHere = isHere;
    if (!isHere) this.redrawing.leave();
    [this.choosing, this.away, editor.showsMask] = [false, false, true];
    this.#held.cancel();
    if (LAYERS[editor.tool] !== "mask" || editor.tool === "select") editor.take("brush"); // pens are of this mode alone
    this.#asked();
    this.#changed();
  }

  /** Whoever is here for the first time is told what this can do, and for whom. */
  #asked() {
    if (!this.isHere || this.app.settings.get("faceAgreed") || document.querySelector("dialog[open]")) return;
    showConsent("consent.title", ["consent.people", "consent.few", "consent.mark"], () => this.app.settings.set("faceAgreed", true), () => this.editor.enter(this.#from));
  }

  /** Escape: what there is to be left. False where there is nothing. */
  escape() {
    if (!this.isHere || !this.choosing) return false;
    this.chooseFace(false);
    return true;
  }

  /** Whether anything is masked, as the history has it. */
  get isMarked() {
    const { history } = this.editor;
    return Boolean(history && runsArea(history.now.mask));
  }
}
