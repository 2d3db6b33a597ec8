/** The panel of Person: whose face, what is to be done with it, and how. */
import { written } from "../commands.js";
import { button, choice, section, select, slider } from "../controls.js";
import { element } from "../dom.js";
import { ACTIONS } from "../person/person.js";
import { say } from "../words.js";
import { whose } from "./face.js";
import { showNewPerson } from "./newperson.js";
import { showPerson } from "./aboutperson.js";
import { progressOf } from "./progress.js";
import { control } from "./run.js";

/** @typedef {import("../app.js").App} App */
/** @typedef {{row: HTMLElement, update(): void}} Part */

const OWN = ["person", "scale", "beta", "count", "direction", "amount", "face"]; // options with a place of their own
const FACTORS = [2, 3, 4, 6, 8, 12, 16];

/** @param {App} app */
export function buildPerson(app) {
  const { editor } = app;
  const who = people(app);
  const parts = [actions(app), go(app), notes(app), ...settings(app), ofPhoto(app, whose(app)), more(app)];
  const rest = parts.map(({ row }) => row);
  const box = element("div", { class: "run person", hidden: true }, who.row, ...rest);
  const update = () => {
    box.hidden = editor.mode !== "person";
    if (box.hidden) return;
    who.update();
    for (const part of parts) part.update();
    if (!app.person.who) for (const row of rest) row.hidden = true; // first there must be somebody
  };
  editor.on(["photo", "mode", "placed", "queue", "history"], update);
  update();
  return box;
}

/** Who there is, who is being learnt, and making another one. @param {App} app @returns {Part} */
function people(app) {
  const { person } = app;
  const list = element("select", { id: "who", "aria-label": say("person.who"), onchange: () => person.choose(list.value) });
  const about = button("sliders", say("person.about"), () => person.who && showPerson(app, person.who.name));
  const add = button("plus", say("person.new"), () => showNewPerson(app));
  const first = button("plus", say("person.new"), () => showNewPerson(app), { text: true, class: "main wide", id: "new-person" });
  const none = element("p", { class: "run-help" }, say("person.none"));
  const known = element("div", { class: "row who" }, list, about, add);
  const learning = progressOf(app);
  let shown = "";
  return {
    row: element("div", {}, none, first, known, learning.row),
    update: () => {
      const { persons, making } = person.people;
      none.hidden = first.hidden = persons.length > 0 || making !== null;
      known.hidden = !persons.length;
      add.disabled = first.disabled = making !== null;
      learning.update();
      const names = persons.map(({ name, finished }) => `${name} ${finished}`).join();
      if (names !== shown) list.replaceChildren(...persons.map(({ name, finished }) => element("option", { value: name }, finished ? name : say("person.unfinished", { name }))));
      shown = names;
      if (person.who) list.value = person.who.name;
    },
  };
}

/** A part that says something about the photo: pictures of nothing need none of it. @param {App} app @param {Part} part @returns {Part} */
function ofPhoto({ person }, { row, update }) {
  return {
    row,
    update: () => {
      row.hidden = person.action === "imagine";
      update();
    },
  };
}

/** What is to be done. @param {App} app @returns {Part} */
function actions({ person }) {
  const made = choice(say("person.action"), ACTIONS.map((action) => ({ value: action, label: say(`person.${action}`), title: say(`person.${action}.help`) })), person.action, (action) => person.act(action));
  made.row.classList.add("columns");
  const help = element("p", { class: "run-help" });
  const row = element("div", {}, made.row, help);
  return {
    row,
    update: () => {
      row.hidden = false;
      made.set(person.action);
      help.textContent = say(`person.${person.action}.help`);
    },
  };
}

/** How it is to be done. @param {App} app @returns {Part[]} */
function settings(app) {
  const { person } = app;
  const { chosen } = person;
  const scale = select(say("person.scale"), FACTORS.map((factor) => ({ value: String(factor), label: `${factor}×` })), String(chosen.scale), (value) => (chosen.scale = Number(value)), say("person.scale.help"));
  const amount = slider(say("person.amount"), { min: -3, max: 3, step: 0.1, value: chosen.amount, help: say("person.amount.help") }, () => {}, (now) => person.adjust(now));
  const near = slider(say("person.closeness"), { min: -3, max: 3, step: 0.5, value: chosen.closeness, help: say("person.closeness.help") }, (now) => (chosen.closeness = now), () => person.action === "adjust" && person.adjust(chosen.amount));
  const ends = element("p", { class: "ends", "aria-hidden": "true" }, element("span", {}, say("person.photos")), element("span", {}, say("person.input")));
  const count = slider(say("person.count"), { min: 1, max: 4, value: chosen.count, help: say("person.count.help") }, (now) => (chosen.count = now));
  near.row.append(ends);
  /** @param {HTMLElement} row @param {import("../person/person.js").Action[]} where */
  const part = (row, where) => ({ row, update: () => void (row.hidden = !where.includes(person.action)) });
  return [part(scale.row, ["enlarge"]), direction(app), part(amount.row, ["adjust"]), part(near.row, ["restore", "enlarge", "adjust"]), part(count.row, ["restore", "enlarge"])];
}

/** What `adjust` changes: what this person has. @param {App} app @returns {Part} */
function direction({ person }) {
  const list = element("select", { id: "direction", onchange: () => {
    person.chosen.direction = list.value;
    if (person.chosen.amount) person.adjust(person.chosen.amount);
  } });
  const row = element("div", { class: "row" }, element("label", { for: "direction" }, say("person.direction")), list);
  let shown = "";
  return {
    row,
    update: () => {
      row.hidden = person.action !== "adjust";
      const known = person.who?.directions ?? [];
      if (known.join() !== shown) list.replaceChildren(...known.map((name) => element("option", { value: name }, directionName(name))));
      shown = known.join();
      list.value = person.direction;
    },
  };
}

/** Directions that have a name in the person's language; others keep the server's. @type {Record<string, import("../words.js").Word>} */
const DIRECTIONS = { smile: "direction.smile", turn: "direction.turn", light: "direction.light", hair: "direction.hair", age: "direction.age" };

/** @param {string} name */
function directionName(name) {
  const [, number] = /^variation-(\d+)$/.exec(name) ?? [];
  if (number) return say("direction.variation", { number });
  return DIRECTIONS[name] ? say(DIRECTIONS[name]) : name;
}

/** The button that does it, the one that keeps, and what is missing. @param {App} app @returns {Part} */
function go(app) {
  const { person } = app;
  const run = button("play", say("person.restore"), () => app.enter(), { key: written("Enter"), text: true, class: "main wide", id: "restore" });
  const keep = button("check", say("face.keep"), () => person.orders.keep(), { key: written("Shift+Enter"), text: true, class: "wide keep", id: "keep-person" });
  const said = element("p", { class: "run-help", role: "status" });
  const row = element("div", { class: "go" }, run, keep, said);
  return {
    row,
    update: () => {
      row.hidden = false;
      const { hindrance, orders, action } = person;
      const name = run.querySelector("span");
      if (name) name.textContent = say(`person.${action}`);
      run.disabled = Boolean(hindrance);
      keep.hidden = !orders.open;
      said.textContent = orders.open ? say("person.open") : hindrance;
      said.hidden = !said.textContent;
    },
  };
}

/** What there is to know about the result, in the server's words. @param {App} app @returns {Part} */
function notes({ person }) {
  const row = element("ul", { class: "run-help notes" });
  let shown = "";
  return {
    row,
    update: () => {
      const list = person.orders.open?.notes ?? [];
      row.hidden = !list.length;
      if (list.join() !== shown) row.replaceChildren(...list.map((note) => element("li", {}, note)));
      shown = list.join();
    },
  };
}

/** The edit's other options, from its own declaration. @param {App} app @returns {Part} */
function more(app) {
  const { person } = app;
  const row = section(say("person.more"), false);
  let shown = "";
  return {
    row,
    update: () => {
      const edit = person.action === "enlarge" ? "restore" : person.action;
      const { properties } = app.schemas.find(({ name }) => name === edit)?.options ?? { properties: {} };
      const names = Object.keys(properties).filter((name) => !OWN.includes(name));
      row.hidden = edit === "imagine" || !names.length;
      if (edit + names.join() === shown) return;
      shown = edit + names.join();
      row.replaceChildren(...[...row.children].slice(0, 1), ...names.map((name) => control(app, edit, name, properties[name])));
    },
  };
}
