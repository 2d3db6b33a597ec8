/** How the photo is looked at and what is in hand. Panels and the stage listen: every change is told by its topic. */
import { View, whole } from "./geometry/view.js";
import { say } from "./words.js";

/** @typedef {"photo" | "pixels" | "mask" | "view" | "tool" | "mode" | "history" | "queue" | "compare" | "overlay" | "over" | "placed" | "drawn" | "status"} Topic */
/** @typedef {"brush" | "eraser" | "rectangle" | "lasso" | "polygon" | "select" | "hand" | "pen" | "paint" | "bend" | "picker"} ToolName */
/** @typedef {"remove" | "fill" | "face" | "paint-in" | "person"} Mode */
/** @typedef {"add" | "subtract" | "intersect"} How */
/** @typedef {"off" | "slider" | "side" | "difference" | "original"} Compare */

/** What a mode is for. @type {Record<Mode, import("./words.js").Word>} */
const HOW = { remove: "how.brush", fill: "how.fill", face: "how.face", "paint-in": "how.paintin", person: "how.person" };

export class Workplace extends EventTarget {
  /** @type {import("./canvas.js").Picture | null} */ picture = null;
  view = new View(1, 0, 0);
  screen = { width: 1, height: 1 };
  /** @type {ToolName} */ tool = "brush";
  /** @type {Mode} */ mode = "remove";
  /** @type {How} */ how = "add";
  /** @type {Compare} */ compare = "off";
  /** @type {import("./geometry/mask.js").Mask | null} */ preview = null; // a mask shown instead of the real one: growing, or what a click has selected
  /** @type {import("./stage.js").Draft} */ draft = {}; // lines and points over the photo
  /** @type {import("./stage.js").Frame | null} */ frame = null; // the handles of an object that can be moved
  /** @type {{draw(target: CanvasRenderingContext2D): void}[]} */ over = []; // pictures over the photo that are not part of it
  /** @type {import("./ink.js").Drawn | null} */ drawn = null; // lines and colours over the photo
  /** @type {import("./stage.js").Guide[]} */ guides = []; // thin lines that help, such as a face's box
  showsMask = true;
  mirror = /** @type {((point: import("./geometry/stroke.js").Sample) => import("./geometry/stroke.js").Sample) | null} */ (null); // where each stroke is made once more
  split = 0.5; // where the comparing line stands, as a share of the stage's width
  #wide = this.view; // the view before both were shown side by side

  /** @param {Topic} topic @param {unknown} [detail] */
  tell(topic, detail) {
    this.dispatchEvent(new CustomEvent(topic, { detail }));
  }

  /** @param {Topic | Topic[]} topics @param {(event: CustomEvent) => void} heard */
  on(topics, heard) {
    for (const topic of [topics].flat()) this.addEventListener(topic, /** @type {EventListener} */ (heard));
  }

  /** Say something in the status line and to screen readers. @param {string} text @param {boolean} [isError] */
  announce(text, isError = false) {
    this.tell("status", { text, isError });
  }

  /** @param {View} view */
  look(view) {
    this.view = view;
    this.tell("view");
  }

  /** @param {ToolName} tool */
  take(tool) {
    this.tool = tool;
    this.tell("tool");
  }

  /** @param {How} how */
  combineBy(how) {
    this.how = how;
    this.tell("tool");
  }

  /** @param {Mode} mode */
  enter(mode) {
    this.mode = mode;
    this.tell("mode");
    if (this.picture) this.announce(say(HOW[mode]));
  }

  /** @param {Compare} how */
  compareBy(how) {
    const [wasSide, isSide] = [this.compare === "side", how === "side"];
    this.compare = how;
    this.tell("compare");
    if (!this.picture || wasSide === isSide) return;
    if (isSide) this.#wide = this.view;
    this.look(isSide ? whole(this.picture, this.screen) : this.#wide); // half the room shows all of it, too
  }
}
