/** The brush as a ring at the pointer, with its size; and the loupe that shows what a finger hides. */
import { find } from "./dom.js";
import { shown } from "./words.js";

const LOUPE = 60; // CSS pixels of the stage that the loupe shows, twice as large

export class Cursor {
  #ring = find("cursor", HTMLElement);
  #loupe = find("loupe", HTMLCanvasElement);
  /** @type {{x: number, y: number} | null} */ #place = null;
  /** @type {import("./tools.js").Touch | null} */ #at = null;
  #kind = "mouse";

  /** @param {import("./app.js").App} app */
  constructor(app) {
    this.app = app;
    app.editor.on(["tool", "view", "photo"], () => this.update());
    app.settings.addEventListener("change", () => this.update());
  }

  /** @param {import("./tools.js").Touch | null} at null: the pointer has left @param {{x: number, y: number}} place @param {string} kind */
  at(at, place, kind) {
    this.#at = at;
    this.#place = at && place;
    this.#kind = kind;
    this.update();
  }

  update() {
    const { editor, pointers, stage, settings } = this.app;
    const paints = ["brush", "eraser", "pen", "paint", "bend"].includes(editor.tool);
    const place = this.#place;
    const ring = Boolean(editor.picture && place && paints && !pointers.spaceHeld && this.#kind !== "touch");
    this.#ring.hidden = !ring;
    const tool = this.app.tool();
    const grip = this.#at && tool?.grip?.(this.#at);
    const moves = pointers.spaceHeld || !tool || (editor.tool === "hand" && tool.grip);
    stage.pane.dataset.cursor = grip && !pointers.spaceHeld ? grip : moves ? "hand" : paints ? "none" : "cross";
    if (ring && place) {
      const size = settings.get(this.app.sizing);
      const across = Math.max(4, size * editor.view.scale);
      this.#ring.style.transform = `translate(${place.x - across / 2}px, ${place.y - across / 2}px)`;
      this.#ring.style.width = this.#ring.style.height = `${across}px`;
      const label = /** @type {HTMLElement} */ (this.#ring.firstElementChild);
      label.textContent = `${shown(size)} px`;
    }
    this.#magnify(this.#kind === "touch" && pointers.busy && editor.tool !== "hand" && settings.get("loupe") ? place : null);
  }

  /** @param {{x: number, y: number} | null} place */
  #magnify(place) {
    this.#loupe.hidden = place === null;
    if (!place) return;
    this.#loupe.classList.toggle("right", place.x < this.app.editor.screen.width / 2);
    const target = this.#loupe.getContext("2d");
    if (target) requestAnimationFrame(() => this.app.stage.magnify(target, place, LOUPE * 2));
  }
}
