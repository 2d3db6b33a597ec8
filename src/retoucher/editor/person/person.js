/** The mode Person: whose face it is and what is to be done with it. `orders.js` has it done, `people.js` knows who there is. */
import { tellHow } from "../panels/aboutperson.js";
import { showConsent } from "../panels/consent.js";
import { showImagined } from "../panels/imagined.js";
import { say } from "../words.js";
import { Orders } from "./orders.js";
import { People } from "./people.js";

/** @typedef {import("../api.js").Person} Person */
/** @typedef {"restore" | "enlarge" | "adjust" | "imagine"} Action */

/** What can be done with a person's face, in this order. */
export const ACTIONS = /** @type {const} */ (["restore", "enlarge", "adjust", "imagine"]);

/** The steps that results are. */
const STEPS = /** @type {const} */ ({ restore: "step.repaired", enlarge: "step.enlarged", adjust: "step.adjusted" });

/** What is said before anything is done with faces of persons. */
const LIMITS = /** @type {const} */ (["consent.people", "limits.evidence", "limits.likeness", "consent.mark"]);

export class PersonMode {
  /** @type {Action} */ action = "restore";
  /** What was chosen: `closeness` doublings of how far a result may go from the photos. */
  chosen = { closeness: 0, count: 1, scale: 4, direction: "", amount: 0, pictures: 4 };
  #wasHere = false;
  /** @type {import("../state/document.js").State | null} */ #bare = null; // the state that is shown without its mask
  /** @type {import("../workplace.js").Mode} */ #from = "remove";

  /** @param {import("../app.js").App} app */
  constructor(app) {
    this.app = app;
    this.editor = app.editor;
    this.people = new People(app.api, () => app.connection.back(), (name, made) => void tellHow(app, made, name, null));
    this.orders = new Orders(this);
    const { editor } = this;
    editor.on("mode", () => this.#entered());
    editor.on("photo", () => this.#asked());
    editor.on("history", () => this.#show());
    editor.on("mask", ({ detail }) => detail && this.#marked());
    this.people.addEventListener("change", () => editor.tell("placed"));
    app.connection.addEventListener("change", () => app.connection.about && !app.connection.away && void this.people.load().catch(() => {})); // without them the mode says so
  }

  get isHere() {
    return this.editor.mode === "person" && this.editor.picture !== null;
  }

  /** Whose face: the one chosen last, else the first. @returns {Person | null} */
  get who() {
    return this.people.get(this.app.settings.get("person")) ?? this.people.persons[0] ?? null;
  }

  /** @param {string} name */
  choose(name) {
    this.app.settings.set("person", name);
    void this.orders.close();
    this.editor.tell("placed");
  }

  /** @param {Action} action */
  act(action) {
    if (this.action === action) return;
    this.action = action;
    void this.orders.close();
    this.editor.tell("placed");
    this.editor.announce(say(`person.${action}.help`));
  }

  /** What is missing before anything can be done, or "". */
  get hindrance() {
    const { who, action, app } = this;
    if (!who) return say(this.people.making ? "said.personlearning" : "said.noperson");
    if (!who.finished) return say("said.personunfinished", { name: who.name });
    if (action === "imagine") return "";
    if (action === "restore" && !app.face.isMarked) return say("said.nomaskperson");
    return app.face.found.faces?.length === 0 && !app.face.drawing.face ? say("said.noface") : "";
  }

  /** Enter: do what was chosen. */
  enter() {
    const { hindrance, action, who } = this;
    if (hindrance || !who) return this.editor.announce(hindrance, true);
    if (action === "imagine") return showImagined(this.app, who);
    if (action === "adjust" && !this.chosen.amount) return void this.#unadjusted();
    this.orders.give({ edit: action === "adjust" ? "adjust" : "restore", options: this.options, isMasked: action === "restore", step: STEPS[action] });
  }

  /** What the order will say, beside the edit's other options. */
  get options() {
    const { action, chosen, who, editor } = this;
    const { closeness, count, scale, amount } = chosen;
    const beta = who && closeness ? { beta: Math.min(1, Number((who.beta * 2 ** closeness).toPrecision(3))) } : {};
    const shared = { ...editor.options[action === "adjust" ? "adjust" : "restore"], person: who?.name ?? "", ...beta };
    if (action === "adjust") return { ...shared, direction: this.direction, amount };
    return { ...shared, count, ...(action === "enlarge" ? { scale } : {}) };
  }

  /** What `adjust` changes; the first that this person has, unless another was chosen. */
  get direction() {
    const known = this.who?.directions ?? [];
    return known.includes(this.chosen.direction) ? this.chosen.direction : (known[0] ?? "");
  }

  /** The slider was let go. @param {number} amount */
  adjust(amount) {
    this.chosen.amount = amount;
    if (!this.hindrance) this.enter();
  }

  /** Nothing is to be different: the photo as it was below. */
  async #unadjusted() {
    const { editor, orders } = this;
    const now = editor.history?.now;
    if (now && orders.open?.edit === "adjust") await editor.arrived({ ...now, patches: now.patches.slice(0, -1), open: "" }, "step.adjusted", editor.queue.tick());
  }

  /** A result has come: it is looked at without the mask, until something is marked or another step is shown. */
  reveal() {
    this.#bare = this.editor.history?.now ?? null;
    this.#show();
  }

  #show() {
    const { app, editor, isHere } = this;
    const isSeen = !isHere || editor.history?.now !== this.#bare;
    if (isHere) editor.tell("placed");
    if (!isHere || editor.showsMask === isSeen) return;
    editor.showsMask = isSeen;
    app.face.show(); // and where it is
  }

  /** The mask is being painted on. */
  #marked() {
    if (!this.isHere || this.editor.showsMask) return;
    this.#bare = null;
    this.#show();
  }

  #entered() {
    const { editor, app } = this;
    const isHere = editor.mode === "person";
    if (!isHere) this.#from = editor.mode;
    if (isHere === this.#wasHere) return;
    this.#wasHere = isHere;
    if (!isHere) {
      editor.showsMask = true;
      app.face.choosing = false;
      app.face.show(); // without its boxes
      return void this.orders.close();
    }
    if (app.connection.about) void this.people.load().catch(() => {}); // what was known is shown
    if (app.face.found.isWanted) void app.face.found.look();
    app.face.show();
    this.#show();
    this.#asked();
  }

  /** Whoever is here for the first time is told what this can do, and for whom. */
  #asked() {
    const { settings } = this.app;
    if (!this.isHere || settings.get("personAgreed") || document.querySelector("dialog[open]")) return;
    showConsent("limits.title", LIMITS, () => settings.set("personAgreed", true), () => this.editor.enter(this.#from));
  }

  /** Escape: leave choosing a face. False where there is nothing to be left. */
  escape() {
    const { face } = this.app;
    if (!this.isHere || !face.choosing) return false;
    face.chooseFace(false);
    return true;
  }
}
