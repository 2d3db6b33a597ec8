/** The filmstrip as it is seen: small pictures with their states, the counter, and the switches that go with it. */
import { written } from "../commands.js";
import { button, toggle } from "../controls.js";
import { element, find } from "../dom.js";
import { say } from "../words.js";
import { showBatch } from "./batch.js";
import { thumbnail } from "./thumbnail.js";

/** @typedef {import("./folder.js").Folder} Folder */
/** @typedef {import("./folder.js").Entry} Entry */

const SIDE = 76; // CSS pixels of a small picture

export class Strip {
  #list = element("ol", { class: "film" });
  #counter = element("span", { class: "film-counter" });
  /** @type {Map<Entry, HTMLElement>} */ #frames = new Map();

  /**
   * @param {import("../app.js").App} app
   * @param {Folder} folder
   */
  constructor(app, folder) {
    this.app = app;
    this.folder = folder;
    find("filmstrip", HTMLElement).append(this.#bar(), this.#list);
    this.#list.addEventListener("keydown", (event) => this.#walk(event));
    folder.addEventListener("change", () => this.#update());
  }

  #bar() {
    const { settings } = this.app;
    /** @param {string} id @param {import("../icons.js").Icon} picture */
    const made = (id, picture) => {
      const command = this.app.commands.find((each) => each.id === id);
      return button(picture, command ? say(command.word) : id, () => command?.run(), { key: command && written(command.keys[0]) });
    };
    return element("div", { class: "film-bar" },
      made("previous", "previous"),
      this.#counter,
      made("next", "next"),
      element("span", { class: "film-gap" }),
      toggle(say("folder.keepmask"), settings.get("keepMask"), (on) => settings.set("keepMask", on), say("folder.keepmask.help")).row,
      toggle(say("folder.autosave"), settings.get("autosave"), (on) => settings.set("autosave", on), say("folder.autosave.help")).row,
      button("play", say("folder.all"), () => showBatch(this.app), { text: true, class: "film-all" }),
    );
  }

  /** Arrow keys go along the strip, which is one stop for Tab, however many photos it has. @param {KeyboardEvent} event */
  #walk(event) {
    const forward = document.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
    const frames = [...this.#frames.values()].map((each) => each.firstElementChild);
    const at = frames.findIndex((each) => each === document.activeElement);
    const to = frames[at + (event.key === forward ? 1 : -1)];
    if (at < 0 || !["ArrowLeft", "ArrowRight"].includes(event.key) || !(to instanceof HTMLElement)) return;
    event.preventDefault();
    to.focus();
  }

  #update() {
    const { entries, counts, at } = this.folder;
    if (this.#frames.size !== entries.length || entries.some((entry) => !this.#frames.has(entry))) this.#rebuild();
    this.#counter.textContent = say("folder.counter", { at: at + 1, count: entries.length, ...counts });
    entries.forEach((entry, i) => this.#mark(entry, i === at));
  }

  #rebuild() {
    this.#frames = new Map(this.folder.entries.map((entry, i) => [entry, this.#frame(entry, i)]));
    this.#list.replaceChildren(...this.#frames.values());
  }

  /** @param {Entry} entry @param {number} i */
  #frame(entry, i) {
    const source = () => (entry.folder ? this.app.api.blob(`/api/folder/${entry.folder}/thumbnail?side=160`) : this.folder.blob(entry));
    const made = element("button", { type: "button", class: "film-frame", title: entry.name, onclick: () => void this.folder.go(i) }, thumbnail(source, SIDE), element("span", { class: "film-name" }, entry.name), element("span", { class: "film-state" }));
    return element("li", {}, made);
  }

  /** @param {Entry} entry @param {boolean} isOpen */
  #mark(entry, isOpen) {
    const frame = this.#frames.get(entry)?.firstElementChild;
    if (!(frame instanceof HTMLButtonElement)) return;
    const state = [entry.state === "todo" ? "" : say(`folder.${entry.state}`), entry.flagged ? say("folder.flagged") : ""].filter(Boolean).join(", ");
    frame.dataset.state = entry.state;
    frame.classList.toggle("flagged", entry.flagged);
    frame.setAttribute("aria-label", state ? `${entry.name}, ${state}` : entry.name);
    const text = frame.querySelector(".film-state");
    if (text) text.textContent = `${entry.flagged ? "⚑" : ""}${{ todo: "", done: "✓", skipped: "↷" }[entry.state]}`;
    if (entry.picture && !entry.picture.isConnected) frame.querySelector(".thumbnail")?.replaceChildren(entry.picture);
    if (isOpen && frame.getAttribute("aria-current") !== "true") frame.scrollIntoView({ block: "nearest", inline: "center" });
    frame.setAttribute("aria-current", String(isOpen));
    frame.tabIndex = isOpen ? 0 : -1;
  }
}
