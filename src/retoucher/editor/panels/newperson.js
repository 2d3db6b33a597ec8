/** Making a person: photos, a name, consent; then how far it is, and what became of the photos. */
import { button, dialog, section } from "../controls.js";
import { element } from "../dom.js";
import { shortened } from "../messages.js";
import { bytes, say } from "../words.js";
import { tellHow } from "./aboutperson.js";
import { dropped, isPhoto } from "./drop.js";
import { progressOf } from "./progress.js";

/** @typedef {import("../app.js").App} App */

const FEW = 8; // photos below which a person is known from too few sides
const NAME = /^[A-Za-z0-9_-]{1,40}$/;
const LIMITS = /** @type {const} */ (["limits.kept", "limits.consent", "limits.delete"]);

/** @param {App} app */
export function showNewPerson(app) {
  new Sheet(app);
}

class Sheet {
  /** @type {File[]} */ #photos = [];
  #said = element("p", { class: "said", role: "status" });
  #count = element("p", { class: "photos-count", role: "status" });
  #name = element("input", { type: "text", id: "person-name", maxLength: 40, autocomplete: "off", spellcheck: false, oninput: () => this.#check() });
  #agreed = element("input", { type: "checkbox", id: "person-agreed", onchange: () => this.#check() });
  #minutes = element("input", { type: "number", id: "person-minutes", min: 1, max: 1440, placeholder: say("person.minutes.auto") });
  #base = element("select", { id: "person-base" });

  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.go = button("play", say("person.start"), () => void this.#start(), { text: true, class: "main", id: "start-person" });
    const fields = element("div", { class: "fields" },
      this.#place(),
      element("div", { class: "row" }, element("label", { for: "person-name" }, say("person.name")), this.#name),
      element("p", { class: "run-help" }, say("person.name.help")),
      this.#more(),
      element("ul", { class: "promises" }, ...LIMITS.map((word) => element("li", {}, say(word)))),
      element("label", { class: "row agree" }, this.#agreed, element("span", {}, say("limits.agree"))),
      this.#said,
    );
    this.dialog = dialog(say("person.new"), say("dialog.close"), fields, element("footer", {}, this.go));
    this.dialog.classList.add("new-person");
    this.#check();
  }

  /** Where photos are put. */
  #place() {
    const input = (/** @type {string} */ id) => {
      const made = element("input", { type: "file", id, multiple: true, hidden: true, accept: "image/*,.heic,.heif,.avif,.tif,.tiff", onchange: () => {
        this.#add([...(made.files ?? [])]);
        made.value = ""; // so that the same files can be chosen again
      } });
      return made;
    };
    const [files, folder] = [input("person-photos"), input("person-folder")];
    folder.webkitdirectory = true;
    const place = element("div", { class: "drop-zone", ondragover: (/** @type {DragEvent} */ event) => event.preventDefault(), ondrop: (/** @type {DragEvent} */ event) => {
      event.preventDefault();
      event.stopPropagation();
      void dropped(event.dataTransfer).then((found) => this.#add(found));
    } },
      element("p", { class: "drop-text" }, say("person.drop")),
      element("div", { class: "drop-buttons" },
        button("plus", say("person.choose"), () => files.click(), { text: true }),
        button("folder", say("start.choosefolder"), () => folder.click(), { text: true }),
      ),
      element("p", { class: "run-help" }, say("person.photos.help")),
      this.#count, files, folder,
    );
    return place;
  }

  /** What hardly anybody has to choose. */
  #more() {
    const { bases } = this.app.person.people;
    this.#base.append(...bases.map(({ name, present }) => element("option", { value: name, disabled: !present }, present ? name : say("person.base.absent", { name }))));
    const about = element("p", { class: "run-help" });
    const tell = () => {
      const base = bases.find(({ name }) => name === this.#base.value);
      about.textContent = base ? `${base.title}. ${say("advice.licence", { licence: base.licence })}` : "";
    };
    this.#base.addEventListener("change", tell);
    tell();
    return section(say("person.more"), false,
      element("div", { class: "row" }, element("label", { for: "person-base" }, say("person.base")), this.#base), about,
      element("div", { class: "row" }, element("label", { for: "person-minutes" }, say("person.minutes")), this.#minutes),
    );
  }

  /** @param {File[]} files */
  #add(files) {
    const key = (/** @type {File} */ file) => `${file.webkitRelativePath || file.name} ${file.size} ${file.lastModified}`;
    const known = new Set(this.#photos.map(key));
    this.#photos = [...this.#photos, ...files.filter((file) => isPhoto(file) && !known.has(key(file)))];
    this.#check();
  }

  /** What is missing, or "". */
  get #hindrance() {
    const { people } = this.app.person;
    const { photos, bytes: most } = people.limits;
    if (people.making) return say("person.busy", { name: people.making.name });
    if (!this.#photos.length) return say("person.nophotos");
    if (this.#photos.length > photos) return say("person.toomany", { count: this.#photos.length, most: photos });
    if (this.#size > most) return say("person.toolarge", { size: bytes(this.#size), most: bytes(most) });
    if (!NAME.test(this.#name.value)) return say("person.noname");
    if (people.persons.some(({ name }) => name.toLowerCase() === this.#name.value.toLowerCase())) return say("person.taken", { name: this.#name.value });
    return this.#agreed.checked ? "" : say("person.disagreed");
  }

  get #size() {
    return this.#photos.reduce((sum, { size }) => sum + size, 0);
  }

  #check() {
    const count = this.#photos.length;
    const few = count > 0 && count < FEW ? ` ${say("person.few")}` : "";
    this.#count.textContent = count ? say("person.counted", { count, size: bytes(this.#size) }) + few : "";
    this.#said.textContent = this.#hindrance;
    this.#said.classList.remove("error");
    this.go.disabled = Boolean(this.#hindrance);
  }

  async #start() {
    const { app } = this;
    const { people } = app.person;
    const texts = { name: this.#name.value, base: this.#base.value, consent: "true", ...(this.#minutes.value ? { minutes: this.#minutes.value } : {}) };
    const fields = [...this.dialog.children].slice(1);
    const { row, update } = progressOf(app);
    const later = button("check", say("person.later"), () => this.dialog.close(), { text: true });
    this.dialog.lastElementChild?.before(row, element("p", { class: "run-help" }, say("person.later.help")));
    for (const each of fields) if (each instanceof HTMLElement) each.hidden = true;
    this.dialog.append(element("footer", {}, later));
    people.addEventListener("change", update);
    later.focus();
    try {
      await tellHow(app, people.make(texts, this.#photos), texts.name, this.dialog);
    } catch (error) {
      this.#back(fields);
      this.#said.textContent = shortened(error);
      this.#said.classList.add("error");
    } finally {
      people.removeEventListener("change", update);
    }
  }

  /** The form again, as it was. @param {Element[]} fields */
  #back(fields) {
    this.dialog.replaceChildren(this.dialog.children[0], ...fields);
    for (const each of fields) if (each instanceof HTMLElement) each.hidden = false;
    this.go.disabled = false;
  }
}
