/** One mask for many photos: a contact sheet of what it would do to each, before anything is saved. */
import { runBatch, saveBatch, tried } from "../batch.js";
import { button, dialog } from "../controls.js";
import { element } from "../dom.js";
import { encodeMaskPng } from "../geometry/png.js";
import { decodeRuns, encodeRuns, runsArea } from "../geometry/runs.js";
import { commandLine } from "../commandline.js";
import { shortened } from "../messages.js";
import { say } from "../words.js";
import { copied } from "./advice.js";
import { download } from "./download.js";

/** @typedef {import("../app.js").App} App */
/** @typedef {import("../batch.js").Trial} Trial */
/** @typedef {import("../geometry/runs.js").Runs} Runs */

/** @param {App} app */
export function showBatch(app) {
  const { editor } = app;
  const painted = editor.mask && encodeRuns(editor.mask);
  const runs = painted && runsArea(painted) ? painted : (editor.lastRun ?? editor.history?.now.patches.at(-1)?.runs);
  if (!runs) return editor.announce(say("said.nomaskyet"), true);
  new Sheet(app, runs);
}

/** The dialog. Closing it stops what is being done; what was saved stays saved. */
class Sheet {
  #stop = new AbortController();
  #said = element("p", { class: "said", role: "status" });
  #progress = element("progress", { hidden: true });

  /** @param {App} app @param {Runs} runs */
  constructor(app, runs) {
    this.app = app;
    this.runs = runs;
    this.options = { ...app.remover.options };
    this.trials = app.strip.entries.map((entry) => tried(entry));
    this.rows = new Map(this.trials.map((trial) => [trial, new Row(trial, () => this.#count())]));
    this.run = button("play", say("batch.run"), () => void this.#run(), { text: true, class: "main" });
    this.save = button("save", say("batch.save"), () => void this.#save(), { text: true, class: "main" });
    this.run.disabled = true;
    this.save.hidden = true;
    const sheet = element("ul", { class: "sheet" }, ...[...this.rows.values()].map(({ made }) => made));
    this.dialog = dialog(say("batch.title"), say("dialog.close"), element("p", {}, say("batch.help")), sheet, this.#line(), element("div", { class: "batch-end" }, this.#progress, this.#said, element("footer", {}, this.run, this.save)));
    this.dialog.classList.add("batch", "wide");
    this.dialog.addEventListener("close", () => this.#stop.abort());
    void this.#prepare();
  }

  get #ticked() {
    return this.trials.filter((trial) => trial.isWanted);
  }

  /** The command line that does the same. */
  #line() {
    const line = commandLine(this.trials.map(({ entry }) => entry.name), this.options, this.app.settings.get("note"));
    const said = element("span", { class: "advice-said", role: "status" });
    const mask = button("save", say("mask.export"), () => void encodeMaskPng(decodeRuns(this.runs)).then((png) => download(new Blob([png], { type: "image/png" }), "mask.png")), { text: true });
    return element("details", { class: "batch-line" }, element("summary", {}, say("batch.line")),
      element("p", { class: "command" }, element("code", { tabIndex: 0 }, line), button("copy", say("advice.copy"), () => void copied(line, said)), said),
      element("div", { class: "row buttons" }, mask),
    );
  }

  /** Look at each photo: its size, and what lies under the mask. */
  async #prepare() {
    await this.#each(this.trials, (trial) => trial.look(this.app, this.runs));
    this.run.disabled = this.#ticked.length === 0;
    this.#count();
  }

  async #run() {
    this.run.disabled = true;
    await this.#each(this.#ticked, (trial) => runBatch(this.app, trial, this.runs, this.options, this.#stop.signal));
    this.run.hidden = true;
    this.save.hidden = false;
    this.#count();
    this.save.focus();
  }

  async #save() {
    this.save.disabled = true;
    const ready = this.#ticked.filter(({ kept }) => kept);
    await this.#each(ready, (trial) => saveBatch(this.app, trial));
    const saved = ready.filter(({ status }) => status === "saved").length;
    this.#said.textContent = say("batch.allsaved", { count: saved });
  }

  /** One after the other, each with its row; one that fails does not stop the rest. @param {Trial[]} trials @param {(trial: Trial) => Promise<void>} work */
  async #each(trials, work) {
    Object.assign(this.#progress, { hidden: false, max: Math.max(1, trials.length), value: 0 });
    for (const trial of trials) {
      if (this.#stop.signal.aborted) return;
      const row = this.rows.get(trial);
      row?.busy(true);
      try {
        await work(trial);
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        trial.refuse(shortened(error));
      }
      row?.busy(false);
      this.#progress.value++;
    }
    this.#progress.hidden = true;
  }

  #count() {
    const ready = this.#ticked.filter(({ kept }) => kept).length;
    this.save.disabled = ready === 0;
    if (!this.run.hidden) this.run.disabled ||= this.#ticked.length === 0;
    this.#said.textContent = say("batch.count", { ticked: this.#ticked.length, count: this.trials.length });
  }
}

/** One photo on the sheet. */
class Row {
  #state = element("span", { class: "sheet-state" });
  #pictures = element("span", { class: "sheet-pictures" });

  /** @param {Trial} trial @param {() => void} ticked */
  constructor(trial, ticked) {
    this.trial = trial;
    this.tick = element("input", { type: "checkbox", checked: trial.isTicked, onchange: () => {
      trial.isTicked = this.tick.checked;
      ticked();
    } });
    this.made = element("li", {}, this.#pictures, element("label", {}, this.tick, element("span", { class: "sheet-name" }, trial.entry.name)), this.#state);
    this.busy(false);
  }

  /** @param {boolean} now */
  busy(now) {
    const { trial } = this;
    this.made.classList.toggle("busy", now);
    this.made.setAttribute("aria-busy", String(now));
    this.made.classList.toggle("refused", Boolean(trial.reason));
    this.tick.disabled = Boolean(trial.reason);
    if (trial.reason) this.tick.checked = false;
    this.#state.textContent = trial.reason || (now ? say("batch.working") : say(`batch.${trial.status}`));
    this.#pictures.replaceChildren(...[trial.after ? trial.before : trial.marked, trial.after].filter((each) => each !== null));
  }
}
