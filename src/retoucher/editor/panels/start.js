/** What is seen before a photo is: where to put one, samples, the server's folder, and what was begun earlier. */
import { button } from "../controls.js";
import { element, find } from "../dom.js";
import { icon } from "../icons.js";
import { shortened } from "../messages.js";
import { say } from "../words.js";
import { showPerson } from "./aboutperson.js";
import { adviceCard } from "./advice.js";
import { showNewPerson } from "./newperson.js";
import { progressOf } from "./progress.js";
import { thumbnail } from "./thumbnail.js";

/** @typedef {import("../app.js").App} App */
/** @typedef {import("../api.js").Sample} Sample */

const SIDE = 240; // CSS pixels of a sample's picture
const SMALL = 96; // CSS pixels of the others
const SHOWN = 60; // photos of a folder that are shown here; its filmstrip has them all

/** What the samples are called in the person's language. @type {Record<string, import("../words.js").Word>} */
const TITLES = { "sample.jpg": "samples.bird", "sample-torn.webp": "samples.torn", "sample-portrait.jpg": "samples.portrait" };

/** @param {App} app */
export function buildStart(app) {
  const parts = { offers: part("start.offers"), folder: part("start.folder"), samples: part("start.samples"), people: part("start.people"), advice: element("div") };
  find("start", HTMLElement).append(
    element("div", { class: "start-box" }, place(app), parts.offers, parts.folder, parts.samples, parts.people, parts.advice),
  );
  find("start", HTMLElement).classList.toggle("waiting", app.session.returns);
  app.session.addEventListener("change", () => find("start", HTMLElement).classList.remove("waiting"));
  let samples = false; // whether they are there already
  const update = async () => {
    const { about } = app.connection;
    if (!about || (app.editor.picture && !document.body.classList.contains("starting"))) return;
    parts.advice.replaceChildren(...[adviceCard(app.connection)].filter((card) => card !== null));
    await Promise.all([
      showOffers(app, parts.offers),
      showFolder(app, parts.folder),
      samples || showSamples(app, parts.samples).then((shown) => (samples = shown)),
    ]);
  };
  app.connection.addEventListener("change", update);
  app.session.addEventListener("change", update);
  const learning = progressOf(app);
  parts.people.append(learning.row);
  app.person.people.addEventListener("change", () => {
    showPeople(app, parts.people);
    learning.update();
  });
  app.editor.on("photo", update);
}

/** @param {import("../words.js").Word} word */
function part(word) {
  return element("section", { class: "start-part", hidden: true }, element("h2", {}, say(word)), element("ul", { class: "cards" }));
}

/** Put cards into a part; without any, nothing of it is seen. @param {HTMLElement} where @param {HTMLElement[]} cards */
function fill(where, cards) {
  where.querySelector("ul")?.replaceChildren(...cards.map((card) => element("li", {}, card)));
  where.hidden = cards.length === 0;
}

/** The place for a photo. @param {App} app */
function place(app) {
  const open = (/** @type {HTMLInputElement} */ input) => {
    const files = [...(input.files ?? [])];
    input.value = ""; // so that the same file can be chosen again
    if (files.length) void app.openFiles(files);
  };
  const file = element("input", { type: "file", id: "file-input", multiple: true, hidden: true, accept: "image/*,.heic,.heif,.avif,.tif,.tiff", onchange: () => open(file) });
  const folder = element("input", { type: "file", id: "folder-input", multiple: true, hidden: true, onchange: () => open(folder) });
  folder.webkitdirectory = true;
  const promise = element("span", {}, say("start.local"));
  const update = () => (promise.textContent = say(app.connection.about?.exposed ? "start.shared" : "start.local"));
  app.connection.addEventListener("change", update);
  return element("div", { class: "drop-zone" },
    element("span", { class: "drop-icon" }, icon("import")),
    element("p", { class: "drop-text" }, say("start.drop")),
    element("div", { class: "drop-buttons" },
      button("plus", say("start.choose"), () => file.click(), { text: true, class: "main", id: "choose" }),
      button("folder", say("start.choosefolder"), () => folder.click(), { text: true }),
    ),
    element("p", { class: "drop-promise" }, icon("lock"), promise),
    said(app),
    file,
    folder,
  );
}

/** What is being opened, or why it could not be: there is no status line before a photo is there. @param {App} app */
function said({ editor }) {
  const line = element("p", { class: "drop-said", role: "status" });
  editor.on("status", ({ detail }) => {
    line.textContent = detail.text;
    line.classList.toggle("error", detail.isError);
  });
  editor.on("photo", () => (line.textContent = "")); // what went wrong is said after that
  return line;
}

/** @param {App} app @param {HTMLElement} where */
async function showSamples(app, where) {
  const samples = await app.api.samples().catch(() => []);
  fill(where, samples.map((sample) => sampleCard(app, sample)));
  return samples.length > 0;
}

/** @param {App} app @param {Sample} sample */
function sampleCard(app, sample) {
  const open = element("button", { type: "button", class: "card", onclick: () => void openSample(app, sample) }, thumbnail(() => app.api.blob(sample.url), SIDE), element("span", { class: "card-title" }, TITLES[sample.name] ? say(TITLES[sample.name]) : sample.title));
  const source = element("a", { href: sample.source, target: "_blank", rel: "noreferrer noopener" }, sample.attribution);
  return element("div", { class: "card-box sample" }, open, element("small", { class: "card-note" }, source, ` · ${sample.licence}`));
}

/** @param {App} app @param {Sample} sample */
async function openSample(app, { name, url, skill }) {
  try {
    const blob = await app.api.blob(url);
    const mode = app.modes.find((each) => each.name === skill);
    if (mode) app.editor.enter(mode.name);
    await app.open({ blob, name });
  } catch (error) {
    app.editor.announce(shortened(error), true);
  }
}

/** The folder that the server was started with. @param {App} app @param {HTMLElement} where */
async function showFolder(app, where) {
  const about = app.connection.about?.folder;
  if (!about) return;
  const entries = await app.api.folder().catch(() => []);
  const title = where.querySelector("h2");
  if (title) title.textContent = say("start.folder", { name: about.name, count: entries.length });
  const cards = entries.slice(0, SHOWN).map(({ id, name, done }, i) =>
    element("button", { type: "button", class: `card small ${done ? "done" : ""}`.trim(), title: name, onclick: () => void app.strip.load(fromFolder(entries), i) },
      thumbnail(() => app.api.blob(`/api/folder/${id}/thumbnail?side=192`), SMALL),
      element("span", { class: "card-title" }, name),
      done && element("small", { class: "card-note" }, say("folder.done")),
    ),
  );
  fill(where, cards);
}

/** The server's list as the filmstrip takes it. @param {import("../api.js").FolderEntry[]} entries */
export function fromFolder(entries) {
  return entries.map(({ id, name, done }) => ({ folder: id, name, done }));
}

/** @param {App} app @param {HTMLElement} where */
async function showOffers(app, where) {
  const offers = await app.session.offers();
  const cards = offers.map(({ key, name, steps, picture, time }) =>
    element("div", { class: "card-box offer" },
      element("button", { type: "button", class: "card small", "aria-label": say("start.goon", { name, steps }), onclick: () => void app.session.restore(key) },
        thumbnail(async () => picture ?? Promise.reject(new Error("none")), SMALL),
        element("span", { class: "card-title" }, name),
        element("small", { class: "card-note" }, say("start.steps", { steps, time: when(time) })),
      ),
      button("close", say("start.forget", { name }), () => void app.session.forget(key), { class: "card-close" }),
    ),
  );
  fill(where, cards);
}

/** Whose faces are known, and learning another one. @param {App} app @param {HTMLElement} where */
function showPeople(app, where) {
  const { persons, making } = app.person.people;
  const cards = persons.map(({ name, used, finished }) =>
    element("button", { type: "button", class: "card small", onclick: () => showPerson(app, name) },
      element("span", { class: "thumbnail sign" }, icon("person")),
      element("span", { class: "card-title" }, name),
      element("small", { class: "card-note" }, making?.name === name ? say("person.learning", { name }) : finished ? say("start.photos", { count: used.length }) : say("person.halted")),
    ),
  );
  const add = element("button", { type: "button", class: "card small", disabled: making !== null, onclick: () => showNewPerson(app) },
    element("span", { class: "thumbnail sign" }, icon("plus")), element("span", { class: "card-title" }, say("person.new")), element("small", { class: "card-note" }, making ? say("person.learning", { name: making.name }) : say("start.person")));
  if (!where.contains(document.activeElement)) fill(where, [...cards, add]);
}

/** A moment as the language writes it. @param {number} time */
function when(time) {
  return new Intl.DateTimeFormat(document.documentElement.lang, { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" }).format(time);
}
