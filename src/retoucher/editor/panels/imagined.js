/** New pictures of a person: how many, a grid of them, and one click that opens one as a photo. */
import { button, dialog, slider } from "../controls.js";
import { element } from "../dom.js";
import { shortened } from "../messages.js";
import { say, shown } from "../words.js";
import { thumbnail } from "./thumbnail.js";

/** @typedef {import("../app.js").App} App */
/** @typedef {import("../api.js").Person} Person */

const MOST = 16;
const SEEDS = 2 ** 31;
const SIDE = 200; // CSS pixels of a picture in the grid

/** @param {App} app @param {Person} person */
export function showImagined(app, person) {
  new Sheet(app, person);
}

class Sheet {
  /** @type {string[]} */ #made = []; // ids on the server, to be forgotten when they are not wanted
  #stop = new AbortController();
  #job = "";
  #count;
  #grid = element("ul", { class: "imagined", "aria-live": "polite" });
  #progress = element("progress", { max: 1, hidden: true });
  #said = element("p", { class: "said", role: "status" });

  /** @param {App} app @param {Person} person */
  constructor(app, person) {
    this.app = app;
    this.person = person;
    const { chosen } = app.person;
    this.#count = slider(say("imagine.count"), { min: 1, max: MOST, value: chosen.pictures }, (now) => (chosen.pictures = now));
    this.run = button("play", say("imagine.run"), () => void this.#run(), { text: true, class: "main", id: "imagine" });
    this.cancel = button("close", say("queue.cancel"), () => this.#cancel(), { text: true });
    this.cancel.hidden = true;
    this.dialog = dialog(say("imagine.title", { name: person.name }), say("dialog.close"), element("p", {}, say("imagine.help", { name: person.name })), this.#count.row, this.#grid, this.#progress, this.#said, element("footer", {}, this.cancel, this.run));
    this.dialog.classList.add("imagine", "wide");
    this.dialog.addEventListener("close", () => {
      this.#cancel();
      this.#forget();
    });
  }

  async #run() {
    const { api, person: mode } = this.app;
    const stop = (this.#stop = new AbortController());
    this.#busy(true);
    this.#forget();
    this.#grid.replaceChildren();
    try {
      const options = { person: this.person.name, count: mode.chosen.pictures, seed: Math.floor(Math.random() * SEEDS) };
      const { id } = await api.edit("imagine", "", options, null);
      this.#job = id;
      if (stop.signal.aborted) return this.#cancel();
      const last = await api.follow(id, (job) => this.#seen(job), stop.signal);
      if (last.status === "failed") throw new Error(last.error ?? "");
      if (last.result) this.#show(last.result);
    } catch (error) {
      if (stop.signal.aborted) return;
      this.#said.textContent = shortened(error);
    } finally {
      if (stop === this.#stop) this.#busy(false);
    }
  }

  /** @param {import("../api.js").Job} job */
  #seen({ fraction, message, seconds_left: left }) {
    if (fraction > 0) this.#progress.value = fraction;
    this.#said.textContent = [message, left ? say("queue.left", { seconds: Math.ceil(left) }) : ""].filter(Boolean).join(" · ");
  }

  /** @param {import("../api.js").Outcome} outcome */
  #show(outcome) {
    const photos = [outcome, ...(outcome.others ?? [])].flatMap(({ photo }) => photo ?? []);
    this.#made = photos.map(({ id }) => id);
    this.#grid.replaceChildren(...photos.map(({ id }, i) => element("li", {}, this.#card(id, i + 1))));
    this.#said.textContent = [say("imagine.done", { count: photos.length, seconds: shown(outcome.report.seconds) }), ...outcome.report.notes].join(" ");
  }

  /** @param {string} id @param {number} number */
  #card(id, number) {
    const name = say("imagine.picture", { number, name: this.person.name });
    return element("button", { type: "button", class: "card", title: say("imagine.open"), "aria-label": name, onclick: () => void this.#open(id, number) }, thumbnail(() => this.app.api.blob(`/api/photos/${id}/view`), SIDE));
  }

  /** @param {string} id @param {number} number */
  async #open(id, number) {
    const { app } = this;
    const blob = await app.api.file(id, {}).catch(() => null);
    this.dialog.close();
    if (blob) await app.open({ blob, name: `${this.person.name}-${number}.png` });
  }

  /** @param {boolean} now */
  #busy(now) {
    this.run.disabled = now;
    this.cancel.hidden = this.#progress.hidden = !now;
    if (now) this.#progress.removeAttribute("value");
    if (now) this.#said.textContent = say("imagine.waiting");
  }

  #cancel() {
    if (!this.cancel.hidden) this.#said.textContent = say("said.cancelled");
    this.#stop.abort();
    if (this.#job) this.app.api.cancel(this.#job).catch(() => {}); // it may have ended
    this.#job = "";
    this.#busyOver();
  }

  #busyOver() {
    this.run.disabled = false;
    this.cancel.hidden = this.#progress.hidden = true;
  }

  /** Pictures that were not opened need not be kept by the server. */
  #forget() {
    for (const id of this.#made) this.app.api.forget(id).catch(() => {});
    this.#made = [];
  }
}
