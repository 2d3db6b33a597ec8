/** What is known about a person: photos used and rejected, what they cover, and deleting all of it. */
import { button, dialog, section } from "../controls.js";
import { element } from "../dom.js";
import { shortened } from "../messages.js";
import { bytes, say, shown } from "../words.js";
import { showImagined } from "./imagined.js";

/** @typedef {import("../app.js").App} App */
/** @typedef {import("../api.js").Person} Person */

/** @param {App} app @param {string} name */
export function showPerson(app, name) {
  const person = app.person.people.get(name);
  if (!person) return;
  const said = element("p", { class: "said", role: "status" });
  const made = dialog(name, say("dialog.close"), ...reportOn(person), said, element("footer", {}, ...actions(app, person, () => made, said)));
  made.classList.add("about-person");
}

/** What became of the photos. @param {Person} person */
function reportOn({ used, rejected, coverage, warnings, finished, steps, planned, base, size, beta }) {
  const rows = [
    [say("person.used"), String(used.length)],
    [say("person.rejected"), String(rejected.length)],
    [say("person.trained"), learnt(finished, steps / Math.max(1, planned))],
    [say("person.base"), base],
    [say("person.freedom"), shown(beta, 3)],
    [say("person.size"), bytes(size)],
  ];
  const facts = element("dl", { class: "facts" }, ...rows.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))));
  const sentences = (/** @type {string[]} */ list) => element("ul", {}, ...list.map((text) => element("li", {}, text)));
  return [
    facts,
    ...warnings.map((text) => element("p", { class: "warning" }, text)),
    ...(coverage.length ? [element("section", {}, element("h3", {}, say("person.coverage")), sentences(coverage))] : []),
    ...(rejected.length ? [section(say("person.why"), rejected.length < 6, sentences(rejected.map(({ name, reason }) => `${name}: ${reason}`)))] : []),
  ];
}

/** How far it came: to the end, until its minutes were up, or until it was stopped. @param {boolean} isFinished @param {number} share */
function learnt(isFinished, share) {
  if (isFinished && share >= 1) return say("person.finished");
  return say(isFinished ? "person.short" : "person.stopped", { percent: shown(100 * share, 0) });
}

/** @param {App} app @param {Person} person @param {() => HTMLDialogElement} shown_ @param {HTMLElement} said */
function actions(app, person, shown_, said) {
  const remove = button("clear", say("person.delete"), () => {
    shown_().close();
    confirm(app, person);
  }, { text: true, class: "danger", id: "delete-person" });
  const imagine = button("person", say("person.imagine"), () => {
    shown_().close();
    showImagined(app, person);
  }, { text: true });
  const resume = button("play", say("person.resume"), () => {
    shown_().close();
    void tellHow(app, app.person.people.make({ name: person.name, base: person.base, resume: "true" }, []), person.name, null);
  }, { text: true, class: "main" });
  if (app.person.people.making) [resume.disabled, said.textContent] = [true, say("person.busy", { name: app.person.people.making.name })];
  return [remove, person.finished ? imagine : resume];
}

/** Ask once more; then say what is gone. @param {App} app @param {Person} person */
function confirm(app, { name, size }) {
  const said = element("p", { class: "said", role: "status" });
  const go = button("clear", say("person.delete"), async () => {
    go.disabled = true;
    try {
      const deleted = await app.person.people.delete(name);
      made.close();
      gone(name, deleted);
      app.editor.announce(say("said.deleted", { name, count: deleted.length }));
    } catch (error) {
      go.disabled = false;
      said.textContent = shortened(error);
    }
  }, { text: true, class: "danger", id: "really-delete" });
  const keep = button("close", say("person.keep"), () => made.close(), { text: true });
  const made = dialog(say("person.delete.title", { name }), say("dialog.close"), element("p", {}, say("person.delete.help", { name, size: bytes(size) })), said, element("footer", {}, keep, go));
  keep.focus();
}

/** @param {string} name @param {string[]} deleted */
function gone(name, deleted) {
  const list = element("ul", { class: "deleted" }, ...deleted.map((path) => element("li", {}, element("code", {}, path))));
  dialog(say("person.gone", { name }), say("dialog.close"), element("p", {}, say("person.gone.help", { count: deleted.length })), list).classList.add("gone");
}

/**
 * Say how the making of a person ended: in the dialog where that is still open, else in the status line.
 *
 * @param {App} app
 * @param {Promise<import("../api.js").Person | null>} made
 * @param {string} name
 * @param {HTMLDialogElement | null} shown
 */
export async function tellHow(app, made, name, shown) {
  const { editor, person } = app;
  const isOpen = () => shown?.open ?? false;
  try {
    const found = await made;
    if (found) person.choose(name);
    if (isOpen()) {
      shown?.close();
      if (found) showPerson(app, name);
    }
    editor.announce(found ? say("said.learnt", { name, count: found.used.length }) : say("said.stopped", { name }));
  } catch (error) {
    if (isOpen()) throw error;
    editor.announce(shortened(error), true);
  }
}
