/** Saving: which kind of file, how large it gets, what it cannot keep, and what is noted in it, all said before. */
import { button, dialog, select, slider, toggle } from "../controls.js";
import { element } from "../dom.js";
import { shortened } from "../messages.js";
import { bytes, say, shown } from "../words.js";
import { download, renamed } from "./download.js";

/** @typedef {import("../app.js").App} App */
/** @typedef {import("../api.js").Container} Container */
/** @typedef {import("../api.js").Plan} Plan */

const ADDED = "-retouched"; // to the name, until the server says what it adds

/** @param {App} app */
export function showSave(app) {
  if (!app.editor.picture || document.querySelector("dialog[open]")) return;
  new Saving(app);
}

/** The dialog with what was chosen in it. Enter saves: the button has the focus. */
class Saving {
  container = ""; // "" is the photo's own
  quality = 0; // 0 is what loses least
  #turn = 0; // counts the plans that were asked for: an older answer is not shown
  #plan = element("div", { class: "plan", role: "status" });
  #said = element("p", { class: "said", role: "alert" });
  #name = element("input", { type: "text", spellcheck: false, required: true, autocomplete: "off" });
  #named = false; // whether the person has written a name
  #suffix = "";

  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.source = /** @type {import("../editor.js").Source} */ (app.editor.source);
    this.containers = app.connection.about?.containers ?? [];
    this.quality_ = slider(say("save.quality"), { min: 0, max: 100, value: 0, help: say("save.quality.help") }, () => {}, (value) => this.#chosen(() => (this.quality = value)));
    this.format = element("div", { class: "row" });
    this.save = button("save", say(this.writes ? "save.infolder" : "save.save"), () => {}, { text: true, class: "main" });
    this.save.type = "submit";
    this.save.autofocus = true;
    this.#name.value = renamed(this.source.name, ADDED);
    this.#name.addEventListener("input", () => (this.#named = true));
    const form = element("form", { onsubmit: (/** @type {Event} */ event) => this.#submitted(event) }, ...this.#rows());
    this.dialog = dialog(say("save.title"), say("dialog.close"), form);
    this.dialog.classList.add("save");
    this.save.focus();
    const closed = new AbortController();
    this.dialog.addEventListener("close", () => closed.abort());
    for (const topic of ["history", "queue"]) app.editor.addEventListener(topic, () => void this.#look(), { signal: closed.signal });
    void this.#start();
  }

  #rows() {
    const { settings } = this.app;
    const note = toggle(say("settings.note"), settings.get("note"), (on) => this.#chosen(() => settings.set("note", on)), say("settings.note.help"));
    const elsewhere = this.writes ? [button("save", say("save.download"), () => void this.#download(), { text: true })] : [];
    return [
      this.format,
      this.quality_.row,
      element("p", { class: "help" }, say("save.quality.help")),
      note.row,
      this.#plan,
      element("label", { class: "row name" }, element("span", {}, say("save.name")), this.#name),
      this.#said,
      element("footer", {}, ...elsewhere, this.save),
    ];
  }

  async #start() {
    this.#plan.textContent = say("save.planning");
    try {
      const photo = await this.app.editor.store.uploaded;
      this.#offer(photo.container);
      await this.#look();
    } catch (error) {
      this.#say(shortened(error));
    }
  }

  /** The kinds of file, the photo's own first. @param {string} own */
  #offer(own) {
    const others = this.containers.filter(({ name }) => name !== own).map(({ name }) => ({ value: name, label: written(name) }));
    const choices = [{ value: "", label: say("save.own", { container: written(own) }) }, ...others];
    const { row } = select(say("save.format"), choices, this.container, (value) => this.#chosen(() => this.#take(value, own)));
    this.format.replaceWith(row);
    this.#take("", own);
  }

  /** @param {string} container @param {string} own */
  #take(container, own) {
    const kind = this.containers.find(({ name }) => name === (container || own));
    this.container = container;
    this.#suffix = container ? (kind?.suffix ?? "") : "";
    this.quality_.row.hidden = !kind?.quality;
    this.dialog.querySelector("p.help")?.toggleAttribute("hidden", !kind?.quality);
    if (!kind?.quality) this.quality = 0;
  }

  /** @param {() => void} change */
  #chosen(change) {
    change();
    void this.#look();
  }

  get #query() {
    return { container: this.container, quality: this.quality, mark: this.app.settings.get("note") };
  }

  /** Ask what the file would be, and say it. */
  async #look() {
    const turn = ++this.#turn;
    this.#plan.classList.add("old");
    try {
      const plan = await this.app.api.plan(await this.app.editor.version(), this.#query);
      if (turn !== this.#turn) return;
      const { queue, percent } = this.app.editor;
      const doubt = queue.items.length ? say("save.pending") : this.app.paintin.placed ? say("save.unapplied") : percent && !this.app.face.redrawing.isOpen ? say("save.unfilled") : "";
      const pending = doubt ? [element("p", { class: "warning" }, doubt)] : [];
      this.#plan.replaceChildren(...pending, ...described(plan));
      if (!this.#named) this.#name.value = renamed(this.source.name, plan.name_suffix || ADDED, this.#suffix);
    } catch (error) {
      if (turn === this.#turn) this.#plan.replaceChildren(element("p", { class: "warning" }, shortened(error)));
    }
    if (turn === this.#turn) this.#plan.classList.remove("old");
  }

  /** Whether the finished photo has a folder to go to: then that is what Save means, for the photo's own kind of file. */
  get writes() {
    return Boolean(this.source.folder && this.app.connection.about?.folder?.writes);
  }

  /** @param {Event} event */
  async #submitted(event) {
    event.preventDefault();
    if (this.writes && !this.container && !this.quality && !this.#named) await this.#inFolder(false);
    else await this.#download();
  }

  async #download() {
    const name = this.#name.value.trim();
    if (name === this.source.name) return this.#say(say("save.samename"));
    await this.#busily(async () => {
      download(await this.app.api.file(await this.app.editor.version(), this.#query), name);
      return say("said.saved", { name });
    });
  }

  /** @param {boolean} overwrite */
  async #inFolder(overwrite) {
    const { api, editor, settings } = this.app;
    await this.#busily(async () => {
      const what = { photo: await editor.version(), mark: settings.get("note"), overwrite };
      const { name } = await api.saveInFolder(this.source.folder ?? "", what);
      return say("said.savedinfolder", { name });
    }, (error) => {
      if (Reflect.get(error, "field") !== "overwrite") return;
      const again = button("save", say("save.overwrite"), () => void this.#inFolder(true), { text: true, class: "danger" });
      this.#said.append(" ", again);
    });
  }

  /**
   * Do it with the button locked; then close and say so, or stay and say why not.
   *
   * @param {() => Promise<string>} work
   * @param {(error: Error) => void} [failed]
   */
  async #busily(work, failed = () => {}) {
    this.#say("");
    this.save.disabled = true;
    try {
      const said = await work();
      this.dialog.close();
      this.app.strip.saved(this.source);
      this.app.editor.announce(said);
    } catch (error) {
      this.#say(shortened(error));
      if (error instanceof Error) failed(error);
    }
    this.save.disabled = false;
  }

  /** @param {string} text */
  #say(text) {
    this.#said.textContent = text;
  }
}

/** How people write a container's name. @param {string} name */
function written(name) {
  return name === "WEBP" ? "WebP" : name;
}

/** @param {Plan} plan */
function described(plan) {
  const times = plan.bytes / Math.max(1, plan.original_bytes);
  const size = element("p", { class: "bytes" },
    element("strong", {}, bytes(plan.bytes)),
    element("span", {}, say("save.original", { size: bytes(plan.original_bytes), percent: shown(100 * times, 0) })),
  );
  const notes = plan.notes.length
    ? [element("h3", {}, say("save.notkept")), element("ul", { class: "notes" }, ...plan.notes.map((note) => element("li", {}, note)))]
    : [element("p", { class: "promise" }, say("save.allkept"))];
  const mark = plan.mark ? [element("h3", {}, say("save.writes")), element("p", { class: "mark" }, element("code", {}, `DigitalSourceType: ${plan.mark}`))] : [];
  return [size, ...notes, ...mark];
}
