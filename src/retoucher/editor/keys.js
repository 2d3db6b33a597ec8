/** From keys to commands. No key works while a text is written, a dialog is open or an input method composes. */

/** @typedef {import("./commands.js").Command} Command */
/** @typedef {{key: string, code: string, ctrlKey: boolean, metaKey: boolean, shiftKey: boolean, altKey: boolean}} Press */

/**
 * Whether a press is the key that `spec` names: "b", "Shift+r", "Mod+z" (Ctrl or ⌘), "?", "Alt+-".
 *
 * @param {string} spec
 * @param {Press} press
 */
export function matches(spec, press) {
  const parts = spec.split(/\+(?=.)/);
  const key = parts.pop() ?? "";
  const wants = (/** @type {string} */ name) => parts.includes(name);
  if (wants("Mod") !== (press.ctrlKey || press.metaKey) || wants("Alt") !== press.altKey) return false;
  const letter = /^[a-z]$/.test(key);
  if ((letter || key.length > 1) && wants("Shift") !== press.shiftKey) return false; // other signs have Shift in them
  return press.key.toLowerCase() === key.toLowerCase();
}

/** Whether a text is being written here, or the keys belong to a control. @param {EventTarget | null} target @param {string} key */
function belongsTo(target, key) {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  if (target instanceof HTMLInputElement) {
    const isText = !["checkbox", "radio", "range", "color", "button", "file"].includes(target.type);
    return isText || ["Enter", " "].includes(key) || key.startsWith("Arrow");
  }
  const acts = target.closest("button, summary, a, [role=slider]");
  return Boolean(acts) && (["Enter", " ", "Tab"].includes(key) || key.startsWith("Arrow"));
}

export class Keys {
  /**
   * @param {Command[]} commands
   * @param {import("./app.js").App} app
   */
  constructor(commands, app) {
    this.commands = commands;
    this.app = app;
    addEventListener("keydown", (event) => this.#down(event));
    addEventListener("keyup", (event) => this.#up(event));
    addEventListener("blur", () => this.#released());
    document.body.dataset.input = "pointer";
    addEventListener("pointerdown", () => (document.body.dataset.input = "pointer"), { capture: true });
    addEventListener("keydown", () => (document.body.dataset.input = "keys"), { capture: true });
  }

  /** @param {KeyboardEvent} event */
  #down(event) {
    if (event.isComposing || event.keyCode === 229 || document.querySelector("dialog[open]")) return;
    if (belongsTo(event.target, event.key)) return;
    const onPane = event.target === this.app.stage.pane;
    if (this.#held(event, onPane) || (onPane && (this.app.paintin.press(event) || this.app.reticle.press(event)))) return event.preventDefault();
    const command = this.commands.find(({ keys }) => keys.some((spec) => matches(spec, event)));
    if (!command || (command.id === "copy" && getSelection()?.toString())) return;
    event.preventDefault();
    if (!event.repeat || ["smaller", "larger", "zoom-in", "zoom-out", "undo", "redo"].includes(command.id)) command.run();
  }

  /** Keys that work as long as they are held. @param {KeyboardEvent} event @param {boolean} onPane */
  #held(event, onPane) {
    const { editor, pointers } = this.app;
    if (event.ctrlKey || event.metaKey) return false;
    if (event.key === "\\" || (event.key === "Tab" && onPane && !event.shiftKey && !this.app.leaving)) {
      if (!event.repeat && editor.picture && editor.compare !== "original") this.#showOriginal();
      return Boolean(editor.picture);
    }
    if (event.key === " " && !this.app.reticle.isActive) {
      pointers.spaceHeld = true;
      this.app.showCursor();
      return true;
    }
    return false;
  }

  /** @type {import("./workplace.js").Compare | null} */ #before = null;

  #showOriginal() {
    this.#before = this.app.editor.compare;
    this.app.editor.compareBy("original");
  }

  /** @param {KeyboardEvent} event */
  #up(event) {
    if (event.key === " " || event.key === "\\" || event.key === "Tab") this.#released();
  }

  #released() {
    this.app.pointers.spaceHeld = false;
    this.app.showCursor();
    if (this.#before !== null) this.app.editor.compareBy(this.#before);
    this.#before = null;
  }
}
