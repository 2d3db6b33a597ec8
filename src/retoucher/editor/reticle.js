/** A mask by keyboard alone: arrows move a reticle, Space begins and ends a stroke. */
import { pan, toPhoto, toScreen } from "./geometry/view.js";
import { say } from "./words.js";

/** @typedef {import("./geometry/box.js").Point} Point */

const ARROWS = /** @type {Record<string, [number, number]>} */ ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] });
const FAST = 10; // times as far with Shift
const EDGE = 24; // CSS pixels from the stage's edge at which the view follows

export class Reticle {
  /** @type {Point | null} */ #at = null;
  #drawing = false;

  /** @param {import("./app.js").App} app */
  constructor(app) {
    this.app = app;
    app.editor.on("photo", () => this.leave());
  }

  /** Whether the reticle is shown, so that Space is its key. */
  get isActive() {
    return this.#at !== null;
  }

  /** Whether a stroke has been begun. */
  get isDrawing() {
    return this.#drawing;
  }

  /** Take a key of the reticle; false where it is none. @param {KeyboardEvent} event */
  press(event) {
    const { editor } = this.app;
    if (!editor.picture || event.ctrlKey || event.metaKey || event.altKey) return false;
    const arrow = ARROWS[event.key];
    if (arrow) this.#move(arrow, event.shiftKey ? FAST : 1);
    else if (event.key === " " && this.#at) this.#toggle();
    else return false;
    return true;
  }

  /** @param {[number, number]} direction @param {number} times */
  #move([dx, dy], times) {
    const { editor } = this.app;
    const { width, height } = editor.picture ?? editor.screen;
    const centre = toPhoto(editor.view, { x: editor.screen.width / 2, y: editor.screen.height / 2 });
    const from = this.#at ?? { x: Math.floor(centre.x) + 0.5, y: Math.floor(centre.y) + 0.5 };
    const step = this.#at ? times : 0; // the first press shows where it is
    this.#at = { x: Math.min(width - 0.5, Math.max(0.5, from.x + dx * step)), y: Math.min(height - 0.5, Math.max(0.5, from.y + dy * step)) };
    if (this.#drawing) this.app.tool()?.move([this.#touch()]);
    this.#follow();
    this.#show();
    editor.announce(say("said.place", { x: Math.floor(this.#at.x), y: Math.floor(this.#at.y) }));
  }

  #toggle() {
    const tool = this.app.tool();
    if (!this.#drawing) tool?.down(this.#touch());
    else tool?.up();
    this.#drawing = !this.#drawing && this.app.editor.tool !== "polygon";
    if (!this.#drawing && this.app.editor.tool === "polygon") tool?.up();
  }

  #touch() {
    return { ...(this.#at ?? { x: 0, y: 0 }), pressure: 1, shift: false, alt: false, eraser: false };
  }

  /** Keep the reticle in sight. */
  #follow() {
    const { editor } = this.app;
    if (!this.#at) return;
    const { x, y } = toScreen(editor.view, this.#at);
    const { width, height } = editor.screen;
    const dx = x < EDGE ? EDGE - x : x > width - EDGE ? width - EDGE - x : 0;
    const dy = y < EDGE ? EDGE - y : y > height - EDGE ? height - EDGE - y : 0;
    if (dx || dy) editor.look(pan(editor.view, dx, dy));
  }

  #show() {
    this.app.editor.draft = { ...this.app.editor.draft, reticle: this.#at ?? undefined };
    this.app.editor.tell("overlay");
  }

  /** Put the reticle away; a stroke that was begun is taken back. */
  leave() {
    if (this.#drawing) this.app.tool()?.cancel();
    this.#drawing = false;
    this.#at = null;
    this.#show();
  }
}
