/** Everything put together: editor, stage, tools, keys and panels know each other through here. */
import { Api } from "./api.js";
import { commands } from "./commands.js";
import { Connection } from "./connection.js";
import { Face } from "./face/face.js";
import { find } from "./dom.js";
import { Editor } from "./editor.js";
import { Mask, combine } from "./geometry/mask.js";
import { runsArea } from "./geometry/runs.js";
import { whole } from "./geometry/view.js";
import { Keys } from "./keys.js";
import { clearMask, invertMask, markTransparency } from "./masking.js";
import { shortened } from "./messages.js";
import { MODES } from "./modes.js";
import { copyResult } from "./panels/clipboard.js";
import { Folder } from "./panels/folder.js";
import { isPhoto } from "./panels/drop.js";
import { showHelp } from "./panels/help.js";
import { askAboutMask, looksLikeMask } from "./panels/maskfile.js";
import { showSave } from "./panels/save.js";
import { PaintIn } from "./paintin/paintin.js";
import { PersonMode } from "./person/person.js";
import { Pointers } from "./pointer.js";
import { Remover } from "./remove.js";
import { Reticle } from "./reticle.js";
import { Selection } from "./selection.js";
import { Session } from "./session.js";
import { Settings } from "./settings.js";
import { Cursor } from "./cursor.js";
import { Stage } from "./stage.js";
import { Brush, Lasso, Polygon, Rectangle, maskOf } from "./tools.js";
import { Widths } from "./widths.js";
import { say } from "./words.js";

/** @typedef {import("./workplace.js").ToolName} ToolName */
/** @typedef {import("./words.js").Word} Word */

export class App {
  modes = MODES;
  settings = new Settings();
  widths = new Widths(this.settings);
  api = new Api();
  connection = new Connection(this.api);
  editor = new Editor(this.api, this.settings, this.connection);
  remover = new Remover(this.editor);
  stage = new Stage(this.editor, this.remover);
  pointers = new Pointers(this.editor, this.stage, {
    tool: () => this.tool(),
    hover: (at, place, kind) => {
      this.cursor.at(at, place, kind);
      this.paintin.aim(at !== null && kind !== "touch");
    },
    undo: () => this.undo(),
    redo: () => this.redo(),
  });
  cursor = new Cursor(this);
  reticle = new Reticle(this);
  session = new Session(this);
  strip = new Folder(this);
  face = new Face(this); // before Paint-in: each takes over the tool that the one before has left
  paintin = new PaintIn(this);
  person = new PersonMode(this);
  leaving = false; // after Escape, Tab leaves the photo instead of showing the original
  /** @type {import("./api.js").EditSchema[]} */ schemas = [];
  /** @type {Record<ToolName, import("./tools.js").Tool | null>} */ #tools;
  #polygon;
  #selection;

  constructor() {
    const { editor } = this;
    /** @param {Word} name */
    const finished = (name) => {
      if (this.#runsNow && !this.face.isHere) return this.remover.run(name);
      editor.commit(name);
      this.face.redrawing.auto();
    };
    /** @param {Word} name */
    const shaped = (name) => (/** @type {Mask | import("./geometry/box.js").Box | import("./geometry/box.js").Point[]} */ shape) => {
      if (!editor.mask) return;
      editor.touched(combine(editor.mask, shape instanceof Mask ? shape : maskOf(editor.mask, shape), editor.how));
      finished(name);
    };
    const brush = new Brush(editor, (name) => (name === "step.stroke" || this.face.isHere ? finished(name) : editor.commit(name)));
    this.#polygon = new Polygon(editor, shaped("step.polygon"));
    this.#selection = new Selection(editor, shaped("step.select"));
    this.#tools = {
      brush,
      eraser: brush,
      rectangle: new Rectangle(editor, shaped("step.rectangle")),
      lasso: new Lasso(editor, shaped("step.lasso")),
      polygon: this.#polygon,
      select: this.#selection,
      hand: null,
      ...{ pen: null, paint: null, bend: null, picker: null }, // which Face has
    };
    this.stage.across = () => this.settings.get(this.sizing);
    this.commands = commands(this);
    this.keys = new Keys(this.commands, this);
    this.stage.pane.addEventListener("focus", () => (this.leaving = false));
    addEventListener("click", (event) => this.#backToPhoto(event));
    editor.on(["photo", "mode"], () => this.stage.describe());
    editor.on("photo", () => editor.picture && this.widths.fit(editor.picture));
    editor.on("photo", () => this.#greet());
  }

  /** After a click on a button the keys belong to the photo again; who came to it by the keyboard stays there. @param {MouseEvent} event */
  #backToPhoto(event) {
    const pressed = event.target instanceof Element && event.target.closest("main .button, main .segment, header .button");
    if (event.detail && pressed && this.editor.picture && !document.querySelector("dialog[open]"))
      this.stage.pane.focus(/** @type {FocusOptions} */ ({ preventScroll: true, focusVisible: false }));
  }

  /** A photo is there: the start screen goes, and the keys belong to the photo unless they are used elsewhere. */
  #greet() {
    document.body.classList.remove("starting");
    const { activeElement } = document;
    const isFree = !activeElement || activeElement === document.body || find("start", HTMLElement).contains(activeElement);
    if (this.editor.picture && isFree) this.stage.pane.focus({ preventScroll: true });
  }

  /** Show the start screen with what can be opened or gone on with; once more, and the photo is back. */
  begin() {
    if (this.editor.picture) document.body.classList.toggle("starting");
    this.session.dispatchEvent(new Event("change"));
  }

  /** The tool in hand; null where it only moves the view. @returns {import("./tools.js").Tool | null} */
  tool() {
    const own = this.paintin?.tool(); // there is none while all of this is being built
    if (own !== undefined) return own;
    const mine = this.#tools[this.editor.tool];
    if (this.person?.isHere && this.face.choosing) return this.face.area;
    return this.face?.isHere ? this.face.tool(mine) : mine;
  }

  /** The setting for the width of the tool in hand. */
  get sizing() {
    return this.face?.isHere ? this.face.width : "brush";
  }

  /** What is drawn corner by corner, on the photo or on an object; below, what is selected click by click. */
  get #corners() {
    return this.paintin.isHere ? this.paintin.trimming.polygon : this.#polygon;
  }

  get #clicks() {
    return this.paintin.isHere ? this.paintin.trimming.selection : this.#selection;
  }

  /** @param {ToolName} tool */
  take(tool) {
    const isDrawn = tool === "pen" || tool === "paint" || tool === "bend" || tool === "picker";
    if (isDrawn && !this.face.isHere) return;
    this.tool()?.cancel();
    this.editor.take(tool);
    if (!this.editor.picture) return;
    const word = isDrawn || !this.paintin.isHere ? /** @type {const} */ (`how.${tool}`) : /** @type {const} */ (`how.object.${tool}`);
    this.editor.announce(say(this.face.isHere && tool === "brush" ? "how.face" : word));
  }

  /** Whether what is marked is filled as soon as the pointer is lifted. */
  get runsAtOnce() {
    if (this.editor.mode === "person") return false;
    return this.settings.get(this.editor.mode === "face" ? "autoFace" : this.editor.mode === "fill" ? "autoFill" : "autoRemove");
  }

  get #runsNow() {
    return this.runsAtOnce && this.editor.how === "add";
  }

  /** Whether something is being drawn or filled that Escape takes back. */
  get isBusy() {
    return this.pointers.busy || this.reticle.isDrawing || this.#corners.isOpen || this.#clicks.isOpen || this.editor.queue.items.length > 0;
  }

  /** Clear the mask, and what is about to be taken into it. */
  clear() {
    if (this.#corners.isOpen) this.#corners.cancel();
    if (this.#clicks.isOpen) this.#clicks.cancel();
    if (this.paintin.isHere) this.paintin.trimming.clear();
    else clearMask(this.editor);
  }

  /** What is marked is not, and the other way round; of an object, what is kept. */
  invert() {
    if (this.paintin.isHere) this.paintin.trimming.invert();
    else invertMask(this.editor);
  }

  /** Enter: end what is being drawn, take what is selected, or fill what is marked. */
  enter() {
    if (this.#corners.isOpen) this.#corners.close();
    else if (this.#clicks.isOpen) this.#clicks.accept();
    else if (this.paintin.isHere) this.paintin.painting.enter();
    else if (this.face.isHere) this.face.redrawing.enter();
    else if (this.person.isHere) this.person.enter();
    else void this.#run();
  }

  /** Fill what is marked; in Fill mode what is transparent, where nothing is marked. */
  async #run() {
    const { editor } = this;
    if (editor.mode === "fill" && editor.picture && !editor.percent && !editor.queue.items.length) await markTransparency(editor);
    this.remover.run();
  }

  /** Escape: take back the newest thing: a stroke, a shape, an order; then the mask, then the zoom. */
  escape() {
    const { editor, pointers, reticle } = this;
    this.leaving = true;
    if (pointers.busy) return pointers.cancel();
    if (reticle.isActive) return reticle.leave();
    if (this.#corners.isOpen) return this.#corners.cancel();
    if (this.#clicks.isOpen) return this.#clicks.cancel();
    if (document.body.classList.contains("starting")) return this.begin();
    const last = editor.queue.items.at(-1);
    if (last) return editor.queue.cancel(last);
    if (editor.compare !== "off") return editor.compareBy("off");
    if (this.paintin.escape() || this.face.escape() || this.person.escape()) return;
    if (!this.paintin.isHere && !this.face.isHere && editor.history && runsArea(editor.history.now.mask)) return clearMask(editor);
    if (editor.picture) editor.look(whole(editor.picture, editor.screen));
  }

  /** Take back the newest corner or click of what is being drawn, else the newest step. */
  undo() {
    if (this.#corners.isOpen) return this.#corners.back();
    if (this.#clicks.isOpen) return this.#clicks.back();
    if (!this.face.redrawing.undo() && !this.person.orders.undo()) void this.editor.undo();
  }

  /** Do again what was taken back. */
  redo() {
    if (this.editor.history?.canRedo) void this.editor.redo();
    else this.remover.again(); // which is newer than all of the history
  }

  /** The next answer or method for what was done last. */
  cycle() {
    if (this.person.orders.cycle()) return;
    const last = this.editor.history?.now.patches.at(-1);
    const names = this.connection.about?.methods.map(({ name }) => name) ?? [];
    if (last && names.length > 1) this.remover.instead(names[(names.indexOf(last.method) + 1) % names.length]);
  }

  /**
   * Open files: one photo, or several as a filmstrip. What looks like a mask for the open photo may be meant as one.
   *
   * @param {File[]} files
   */
  async openFiles(files) {
    const photos = files.filter(isPhoto);
    if (!photos.length) return this.editor.announce(say("said.nophoto"), true);
    if (photos.length > 1) return this.strip.load(photos.map((blob) => ({ blob, name: blob.name })));
    const { picture } = this.editor;
    if (picture && (await looksLikeMask(photos[0], picture))) return askAboutMask(this, photos[0]);
    await this.open({ blob: photos[0], name: photos[0].name });
  }

  /**
   * Files that were dropped or pasted: what comes onto an open photo in Paint-in mode is an object to be painted in.
   *
   * @param {File[]} files
   */
  async receive(files) {
    if (this.paintin.isHere && files.length === 1 && !document.body.classList.contains("starting")) await this.paintin.add({ blob: files[0], name: files[0].name });
    else await this.openFiles(files);
  }

  /** @param {import("./editor.js").Source} source */
  async open(source) {
    this.editor.announce(say("said.opening", { name: source.name }));
    try {
      await this.session.open(source, null);
    } catch (error) {
      this.editor.announce(shortened(error), true); // the photo that was open stays
    }
  }

  pick() {
    find("file-input", HTMLInputElement).click();
  }

  save() {
    if (this.editor.picture) showSave(this);
  }

  help() {
    showHelp(this);
  }

  copy() {
    return copyResult(this);
  }

  showCursor() {
    this.cursor.update();
  }
}
