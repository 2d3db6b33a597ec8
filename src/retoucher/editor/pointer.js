/** Mouse, pen and fingers on the pane: who paints, who moves the view, and which taps mean undo. */
import { pan, pinch, toPhoto, zoomAt } from "./geometry/view.js";

/** @typedef {import("./tools.js").Tool} Tool */
/** @typedef {import("./tools.js").Touch} Touch */
/** @typedef {{x: number, y: number}} Point */
/** @typedef {{tool(): Tool | null, hover(at: Touch | null, place: Point, kind: string): void, undo(): void, redo(): void}} Actions */

const TAP = 250; // milliseconds: fingers that leave sooner and have not moved have tapped
const STILL = 12; // CSS pixels that a tapping finger may move
const NOTCH = 50; // a wheel that is a wheel turns by more than this; touchpads send small steps

export class Pointers {
  /** @type {Map<number, Point>} */ #fingers = new Map();
  /** @type {Tool | null} */ #tool = null; // the tool that follows a press
  #presser = -1;
  #panning = false;
  #hadPen = false; // then fingers only move the view: a palm does not paint
  /** @type {{start: number, most: number, moved: number} | null} */ #tap = null;
  spaceHeld = false;

  /**
   * @param {import("./editor.js").Editor} editor
   * @param {import("./stage.js").Stage} stage
   * @param {Actions} actions
   */
  constructor(editor, stage, actions) {
    this.editor = editor;
    this.stage = stage;
    this.actions = actions;
    const { pane } = stage;
    pane.addEventListener("pointerdown", (event) => this.#down(event));
    pane.addEventListener("pointermove", (event) => this.#move(event));
    for (const end of /** @type {const} */ (["pointerup", "pointercancel"])) pane.addEventListener(end, (event) => this.#up(event));
    pane.addEventListener("pointerleave", (event) => actions.hover(null, stage.place(event), event.pointerType));
    stage.stage.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    pane.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  /** Whether a stroke is being made. */
  get busy() {
    return this.#tool !== null;
  }

  /** Take back the stroke that is being made. */
  cancel() {
    this.#tool?.cancel();
    this.#tool = null;
  }

  /** @param {PointerEvent} event @returns {Touch} */
  #touch(event) {
    const at = toPhoto(this.editor.view, this.stage.place(event));
    const pressure = event.pointerType === "pen" && event.pressure > 0 ? event.pressure : 1;
    return { ...at, pressure, shift: event.shiftKey || event.button === 2, alt: event.altKey, eraser: (event.buttons & 32) > 0, finger: event.pointerType === "touch" };
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (!this.editor.picture) return;
    event.preventDefault();
    this.stage.pane.focus(/** @type {FocusOptions} */ ({ preventScroll: true, focusVisible: false }));
    this.stage.pane.setPointerCapture(event.pointerId);
    if (event.pointerType === "pen") this.#hadPen = true;
    this.#fingers.set(event.pointerId, this.stage.place(event));
    const count = this.#fingers.size;
    if (event.pointerType === "touch") {
      if (count === 1) this.#tap = { start: event.timeStamp, most: 1, moved: 0 };
      else if (this.#tap) this.#tap.most = Math.max(this.#tap.most, count);
    }
    if (count > 1) return this.cancel(); // a second finger: it was no stroke but the view that was meant
    const tool = this.actions.tool();
    const isTaken = tool && (tool.takes?.(this.#touch(event)) ?? true);
    this.#panning = event.button === 1 || this.spaceHeld || !isTaken || (event.pointerType === "touch" && this.#hadPen);
    if (this.#panning || (event.button !== 0 && event.button !== 5 && !(event.button === 2 && this.editor.tool === "select"))) return;
    this.#tool = tool;
    this.#presser = event.pointerId;
    this.#tool?.down(this.#touch(event));
    this.actions.hover(this.#touch(event), this.stage.place(event), event.pointerType);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const place = this.stage.place(event);
    const before = this.#fingers.get(event.pointerId);
    if (before && this.#tap) this.#tap.moved += Math.hypot(place.x - before.x, place.y - before.y);
    if (before && this.#fingers.size > 1) this.#pinched(event.pointerId, before, place);
    else if (before && this.#panning) this.editor.look(pan(this.editor.view, place.x - before.x, place.y - before.y));
    else if (this.#tool && event.pointerId === this.#presser) this.#tool.move(coalesced(event).map((each) => this.#touch(each)));
    else if (!before) this.actions.tool()?.hover?.(this.#touch(event));
    if (before) this.#fingers.set(event.pointerId, place);
    this.actions.hover(this.#touch(event), place, event.pointerType);
  }

  /** Two fingers hold on to what lies under them. @param {number} moved @param {Point} before @param {Point} after */
  #pinched(moved, before, after) {
    const other = [...this.#fingers].find(([id]) => id !== moved)?.[1];
    if (other) this.editor.look(pinch(this.editor.view, before, other, after, other));
  }

  /** @param {PointerEvent} event */
  #up(event) {
    if (!this.#fingers.delete(event.pointerId)) return;
    if (event.type === "pointercancel") this.cancel();
    if (this.#tool && event.pointerId === this.#presser) {
      const tool = this.#tool;
      this.#tool = null;
      tool.up();
    }
    if (this.#fingers.size) return;
    this.#panning = false;
    if (event.pointerType === "touch") this.actions.hover(null, this.stage.place(event), "touch");
    const tap = this.#tap;
    this.#tap = null;
    if (!tap || event.timeStamp - tap.start > TAP || tap.moved > STILL) return;
    if (tap.most === 2) this.actions.undo();
    else if (tap.most === 3) this.actions.redo();
  }

  /** A wheel zooms at the pointer; two fingers on a touchpad move the photo, and their pinch (sent with Ctrl) zooms. @param {WheelEvent} event */
  #wheel(event) {
    const inPicture = event.target instanceof Node && (event.target === this.stage.stage || this.stage.pane.contains(event.target));
    if (!this.editor.picture || !inPicture) return;
    event.preventDefault();
    const { view, screen } = this.editor;
    const place = this.stage.place(event);
    if (place.x < 0) place.x += screen.width; // over the photo before, side by side
    const isWheel = event.deltaMode !== 0 || (event.deltaX === 0 && Math.abs(event.deltaY) >= NOTCH);
    const lines = event.deltaMode === 0 ? 1 : 40;
    if (event.ctrlKey || event.metaKey || isWheel) {
      const speed = event.ctrlKey && !isWheel ? 0.01 : 0.002;
      this.editor.look(zoomAt(view, Math.exp(-event.deltaY * lines * speed), place));
    } else this.editor.look(pan(view, -event.deltaX, -event.deltaY));
  }
}

/** All places that a fast pointer went through since the last frame. @param {PointerEvent} event */
function coalesced(event) {
  const all = event.getCoalescedEvents?.() ?? [];
  return all.length ? all : [event];
}
