/** The stage: layers of the photo, its mask and what is being drawn, kept in step with the editor. */
import { drawMask, resize } from "./canvas.js";
import { find, oncePerFrame } from "./dom.js";
import { Ink } from "./ink.js";
import { intersection, union } from "./geometry/box.js";
import { tintOf } from "./geometry/tint.js";
import { clamped, snapped, toScreen, visible, whole } from "./geometry/view.js";
import { say } from "./words.js";

/** @typedef {import("./geometry/box.js").Box} Box */
/** @typedef {import("./geometry/box.js").Point} Point */
/** @typedef {{corners: Point[], stem: Point, turn: Point}} Handles */
/** @typedef {{outline: Point[], handles: Handles | null, like: Box | null, faint: boolean}} Frame around an object that lies on the photo, and the part of the photo whose strokes it takes */
/** @typedef {{kind: "face" | "axis", points: Point[], closed: boolean, holds?: Point[], faint?: boolean}} Guide a thin line over the photo, with handles */
/** @typedef {{box?: Box, path?: Point[], closed?: boolean, points?: (Point & {belongs: boolean})[], reticle?: Point}} Draft in photo pixels */

const GRIP = 6; // CSS pixels: half a handle as it is seen; what takes hold of it is larger
const THIN = 0.4; // of the mask's opacity where colours lie under it
const LINES = "http://www.w3.org/2000/svg";

export class Stage {
  stage = find("stage", HTMLElement);
  pane = find("pane", HTMLElement);
  #photo = find("photo-layer", HTMLCanvasElement);
  #before = find("before-layer", HTMLCanvasElement);
  #mask = find("mask-layer", HTMLCanvasElement);
  #ground = find("ground", HTMLElement);
  #ink = new Ink(find("color-layer", HTMLCanvasElement), find("sketch-layer", HTMLCanvasElement));
  #overlay = /** @type {SVGSVGElement} */ (/** @type {unknown} */ (document.getElementById("overlay")));
  /** @type {Box | null} */ #bounds = null; // all that is masked lies in here
  /** @type {Box | null} */ #stale = null; // the mask's part that is to be drawn anew; null with #all for everything
  #all = true;
  #pixels = true;
  #draw = oncePerFrame(() => this.#render());

  /**
   * @param {import("./editor.js").Editor} editor
   * @param {import("./remove.js").Remover} remover
   */
  constructor(editor, remover) {
    this.editor = editor;
    this.remover = remover;
    editor.on("photo", () => {
      document.body.classList.toggle("empty", !editor.picture); // the frame appears, and leaves the stage less room
      this.#resized();
    });
    editor.on("view", () => this.#everything());
    editor.on("compare", () => this.#resized()); // side by side, the stage has half the room
    editor.on(["pixels", "mode"], () => this.#everything());
    editor.on("mask", ({ detail }) => this.#masked(detail));
    editor.on("overlay", () => this.#draw());
    editor.on("drawn", ({ detail }) => {
      if (detail) this.#ink.more(detail);
      else this.#ink.stale = true;
      this.#draw();
    });
    editor.on("over", () => {
      this.#pixels = true;
      this.#draw();
    });
    editor.settings.addEventListener("change", () => this.#everything());
    new ResizeObserver(() => this.#resized()).observe(this.pane);
    this.#resized();
  }

  /** Width of the tool in hand, in photo pixels. */
  across = () => this.editor.settings.get("brush");

  /** Device pixels in a CSS pixel. */
  get ratio() {
    return devicePixelRatio || 1;
  }

  /** The editor's view, moved onto the screen's own pixels. */
  get #view() {
    return snapped(this.editor.view, this.ratio);
  }

  /** A pointer's place on the pane. @param {{clientX: number, clientY: number}} event */
  place({ clientX, clientY }) {
    const { left, top } = this.pane.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  }

  #resized() {
    const { editor } = this;
    this.stage.dataset.compare = editor.picture ? editor.compare : "off";
    const { width, height } = this.pane.getBoundingClientRect();
    const before = editor.picture && whole(editor.picture, editor.screen);
    const wasWhole = before?.scale === editor.view.scale && before.x === editor.view.x && before.y === editor.view.y;
    editor.screen = { width: Math.max(1, width), height: Math.max(1, height) };
    if (wasWhole && editor.picture) editor.look(whole(editor.picture, editor.screen)); // all of it was seen: it stays so
    this.#everything();
  }

  #everything() {
    this.#all = this.#pixels = true;
    this.#draw();
  }

  /** @param {Box | undefined} box */
  #masked(box) {
    if (box) {
      this.#bounds = union(this.#bounds, box);
      this.#stale = union(this.#stale, box);
    } else {
      this.#bounds = null;
      this.#all = true;
    }
    this.#draw();
  }

  #render() {
    const { editor, ratio } = this;
    const { picture, mask, screen } = editor;
    const box = { x: 0, y: 0, ...screen };
    for (const layer of [this.#photo, this.#before, this.#mask]) if (resize(layer, box, ratio)) this.#all = this.#pixels = true;
    if (picture && mask) {
      editor.view = clamped(editor.view, picture, screen);
      if (this.#pixels) this.#drawPhoto(picture);
      this.#drawMask(editor.preview ?? mask);
      this.#lay(picture);
      this.#ink.draw(editor.compare === "off" ? editor.drawn : null, this.#view, ratio, this.#photo, this.#all);
    } else for (const layer of [this.#photo, this.#before, this.#mask]) drawing(layer).clearRect(0, 0, layer.width, layer.height);
    this.#ground.hidden = !picture;
    this.#drawDraft();
    this.#all = this.#pixels = false;
    this.#stale = null;
  }

  /** Put the chequered ground under the photo. @param {import("./canvas.js").Picture} picture */
  #lay(picture) {
    const view = this.#view;
    const { screen } = this.editor;
    const part = visible(view, picture, screen) ?? { x: 0, y: 0, width: 0, height: 0 };
    const [from, to] = [toScreen(view, part), toScreen(view, { x: part.x + part.width, y: part.y + part.height })];
    const left = Math.max(0, from.x) + 1; // a pixel within the photo: nothing of it may show around an opaque one
    Object.assign(this.#ground.style, { left: `${left}px`, top: `${from.y + 1}px`, width: `${to.x - left - 1}px`, height: `${to.y - from.y - 2}px` });
  }

  /** @param {import("./canvas.js").Picture} picture */
  #drawPhoto(picture) {
    const { editor, ratio } = this;
    const target = drawing(this.#photo);
    picture.draw(target, this.#view, ratio);
    for (const each of [...this.remover.rough.values(), ...editor.over]) each.draw(target);
    const before = drawing(this.#before);
    if (editor.compare === "off") return;
    picture.draw(before, this.#view, ratio, true);
    this.#before.style.clipPath = editor.compare === "slider" ? `inset(0 ${100 * (1 - editor.split)}% 0 0)` : "";
    this.stage.style.setProperty("--split", String(editor.split));
  }

  /** @param {import("./geometry/mask.js").Mask} mask */
  #drawMask(mask) {
    const { editor, ratio } = this;
    const target = drawing(this.#mask);
    this.#bounds ??= mask.box();
    if (editor.preview) this.#bounds = mask.box();
    if (this.#all) target.clearRect(0, 0, this.#mask.width, this.#mask.height);
    const wanted = this.#all ? this.#bounds : this.#stale;
    const box = intersection(wanted, visible(this.#view, mask, editor.screen));
    const { settings } = editor;
    const thin = editor.drawn?.paints.length ? THIN : 1;
    const tint = tintOf(settings.get("maskColor"), thin * settings.get("maskOpacity"), settings.get("maskPattern"));
    const isSeen = editor.compare !== "original" && editor.compare !== "difference" && editor.mode !== "paint-in" && editor.showsMask; // there an object is trimmed
    if (box && isSeen) drawMask(target, mask, this.#view, ratio, box, tint);
  }

  /** Lines and points, as vectors: they are as fine at every zoom. */
  #drawDraft() {
    const { draft } = this.editor;
    const view = this.#view;
    /** @param {Point} point */
    const at = (point) => toScreen(view, point);
    const shapes = [...this.#drawFrame(at), ...this.#drawGuides(at)];
    if (draft.box) {
      const [from, to] = [at(draft.box), at({ x: draft.box.x + draft.box.width, y: draft.box.y + draft.box.height })];
      shapes.push(["rect", { x: from.x, y: from.y, width: to.x - from.x, height: to.y - from.y, class: "line" }]);
    }
    if (draft.path?.length) {
      const path = draft.path.map(at).map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`);
      shapes.push(["path", { d: `M${path.join("L")}${draft.closed ? "Z" : ""}`, class: "line" }]);
    }
    for (const point of draft.points ?? []) {
      const { x, y } = at(point);
      shapes.push(["circle", { cx: x, cy: y, r: 6, class: point.belongs ? "point" : "point not" }]);
    }
    if (draft.reticle) {
      const { x, y } = at(draft.reticle);
      const radius = Math.max(2, (this.across() / 2) * view.scale);
      shapes.push(["circle", { cx: x, cy: y, r: radius, class: "line" }], ["path", { d: `M${x - 10} ${y}h20M${x} ${y - 10}v20`, class: "line" }]);
    }
    this.#overlay.replaceChildren(...shapes.map(([tag, attributes]) => shape(/** @type {string} */ (tag), /** @type {Record<string, string | number>} */ (attributes))));
  }

  /** The object's outline with its handles. @param {(point: Point) => Point} at @returns {[string, Record<string, string | number>][]} */
  #drawFrame(at) {
    const { frame, compare } = this.editor;
    if (!frame || compare !== "off") return [];
    /** @type {[string, Record<string, string | number>][]} */ const shapes = [];
    const path = (/** @type {Point[]} */ points) => `M${points.map(at).map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`;
    if (frame.like) {
      const { x, y, width, height } = frame.like;
      const corners = [{ x, y }, { x: x + width, y }, { x: x + width, y: y + height }, { x, y: y + height }];
      shapes.push(["path", { d: `${path(corners)}Z`, class: "like" }]);
    }
    const stem = frame.handles ? path([frame.handles.stem, frame.handles.turn]) : "";
    const d = `${path(frame.outline)}Z${stem}`;
    const faint = frame.faint ? " faint" : "";
    shapes.push(["path", { d, class: `frame under${faint}` }], ["path", { d, class: `frame${faint}` }]);
    if (!frame.handles) return shapes;
    for (const { x, y } of frame.handles.corners.map(at)) shapes.push(["rect", { x: x - GRIP, y: y - GRIP, width: 2 * GRIP, height: 2 * GRIP, rx: 2, class: "grip" }]);
    const { x, y } = at(frame.handles.turn);
    shapes.push(["circle", { cx: x, cy: y, r: GRIP + 1, class: "grip turn" }]);
    return shapes;
  }

  /** @param {(point: Point) => Point} at @returns {[string, Record<string, string | number>][]} */
  #drawGuides(at) {
    const { guides, compare } = this.editor;
    return (compare === "off" ? guides : []).flatMap(({ kind, points, closed, holds = [], faint }) => {
      const d = `M${points.map(at).map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}${closed ? "Z" : ""}`;
      const kinds = `guide ${kind}${faint ? " faint" : ""}`;
      const circles = holds.map(at).map(({ x, y }) => /** @type {[string, Record<string, string | number>]} */ (["circle", { cx: x, cy: y, r: GRIP, class: "grip" }]));
      return [["path", { d, class: `${kinds} under` }], ["path", { d, class: kinds }], ...circles];
    });
  }

  /** The stage as it is seen in a square around a place, for the loupe. @param {CanvasRenderingContext2D} target @param {Point} place @param {number} side */
  magnify(target, place, side) {
    const from = side * this.ratio;
    const { width, height } = target.canvas;
    target.clearRect(0, 0, width, height);
    const [colors, lines] = this.#ink.layers;
    for (const layer of [this.#photo, colors, this.#mask, lines])
      target.drawImage(layer, place.x * this.ratio - from / 2, place.y * this.ratio - from / 2, from, from, 0, 0, width, height);
  }

  /** Name the canvas for those who do not see it. */
  describe() {
    const { source, picture } = this.editor;
    const name = picture ? say("stage.photo", { name: source?.name ?? "", width: picture.width, height: picture.height }) : say("stage.empty");
    this.pane.setAttribute("aria-label", name);
  }
}

/** @param {string} tag @param {Record<string, string | number>} attributes */
function shape(tag, attributes) {
  const made = document.createElementNS(LINES, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}

/** @param {HTMLCanvasElement} canvas */
function drawing(canvas) {
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
}
