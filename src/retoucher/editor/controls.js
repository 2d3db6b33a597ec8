/** Labelled controls: every slider has a number field and says its value, every switch is a checkbox, every icon has a name. */
import { element } from "./dom.js";
import { icon } from "./icons.js";
import { shown } from "./words.js";

let count = 0;

/** An id that no other element has. */
function fresh() {
  count += 1;
  return `control-${count}`;
}

/**
 * A button of an icon, with its name and its key as a tooltip.
 *
 * @param {import("./icons.js").Icon} picture
 * @param {string} name
 * @param {() => void} pressed
 * @param {{key?: string, text?: boolean, class?: string, id?: string}} [more] `text` shows the name beside the icon
 */
export function button(picture, name, pressed, { key = "", text = false, class: kind = "", id = "" } = {}) {
  const made = element("button", { type: "button", class: `button ${kind}`.trim(), title: key ? `${name} (${key})` : name, onclick: pressed }, icon(picture));
  if (id) made.id = id;
  if (text) made.append(element("span", {}, name));
  else made.setAttribute("aria-label", name);
  if (key) made.setAttribute("aria-keyshortcuts", key.replace("Mod", "Control"));
  return made;
}

/**
 * A slider with a number field; `logarithmic` gives small values as much room as large ones.
 *
 * @param {string} name
 * @param {{min: number, max: number, step?: number, value: number, unit?: string, logarithmic?: boolean, help?: string}} range
 * @param {(value: number) => void} changed
 * @param {(value: number) => void} [settled] when the person lets go
 */
export function slider(name, { min, max, step = 1, value, unit = "", logarithmic = false, help = "" }, changed, settled = () => {}) {
  const id = fresh();
  /** @param {number} at */
  const up = (at) => (logarithmic ? Math.round(min * (max / min) ** (at / 1000)) : at);
  /** @param {number} at */
  const down = (at) => (logarithmic ? (1000 * Math.log(at / min)) / Math.log(max / min) : at);
  const ends = logarithmic ? { min: 0, max: 1000, step: 1 } : { min, max, step };
  const range = element("input", { type: "range", id, ...ends, value: down(value), title: help });
  const number = element("input", { type: "number", min, max, step, value, "aria-label": name, title: help });
  /** @param {number} now */
  const say = (now) => range.setAttribute("aria-valuetext", `${shown(now, 2)} ${unit}`.trim());
  let last = value;
  const set = (/** @type {number} */ now) => {
    last = now;
    range.value = String(down(now));
    number.value = String(now);
    say(now);
  };
  range.addEventListener("input", () => {
    const now = up(Number(range.value));
    last = now;
    number.value = String(now);
    say(now);
    changed(now);
  });
  range.addEventListener("change", () => settled(up(Number(range.value))));
  number.addEventListener("change", () => {
    const typed = number.value.trim() === "" ? last : Number(number.value); // an emptied field changes nothing
    const now = Math.min(max, Math.max(min, Number.isFinite(typed) ? typed : last));
    set(now);
    changed(now);
    settled(now);
  });
  say(value);
  const row = element("div", { class: "row slider" }, element("label", { for: id }, name), range, number);
  return { row, set };
}

/**
 * @param {string} name
 * @param {boolean} value
 * @param {(value: boolean) => void} changed
 * @param {string} [help]
 */
export function toggle(name, value, changed, help = "") {
  const input = element("input", { type: "checkbox", class: "switch", role: "switch", checked: value, onchange: () => changed(input.checked) });
  const row = element("label", { class: "row toggle", title: help }, input, element("span", {}, name));
  return { row, set: (/** @type {boolean} */ now) => void (input.checked = now) };
}

/**
 * One of a few, all of them seen.
 *
 * @template {string} V
 * @param {string} name
 * @param {{value: V, label: string, title?: string}[]} choices
 * @param {V} value
 * @param {(value: V) => void} changed
 */
export function choice(name, choices, value, changed) {
  const group = fresh();
  const inputs = choices.map((each) => {
    const input = element("input", { type: "radio", name: group, value: each.value, checked: each.value === value, onchange: () => changed(each.value) });
    return { input, label: element("label", { class: "segment", title: each.title ?? "" }, input, element("span", {}, each.label)) };
  });
  const row = element("fieldset", { class: "row segments" }, element("legend", {}, name), ...inputs.map(({ label }) => label));
  const set = (/** @type {V} */ now) => inputs.forEach(({ input }) => void (input.checked = input.value === now));
  return { row, set };
}

/**
 * One of many.
 *
 * @param {string} name
 * @param {{value: string, label: string}[]} choices
 * @param {string} value
 * @param {(value: string) => void} changed
 * @param {string} [help]
 */
export function select(name, choices, value, changed, help = "") {
  const id = fresh();
  const input = element("select", { id, title: help, onchange: () => changed(input.value) }, ...choices.map((each) => element("option", { value: each.value }, each.label)));
  input.value = value;
  return { row: element("div", { class: "row" }, element("label", { for: id }, name), input), set: (/** @type {string} */ now) => void (input.value = now) };
}

/**
 * A number without a slider.
 *
 * @param {string} name
 * @param {{min: number, max: number, step?: number | "any", value: number, help?: string}} range
 * @param {(value: number) => void} changed
 */
export function number(name, { min, max, step = 1, value, help = "" }, changed) {
  const id = fresh();
  let isTyping = false; // then what is there is not the person's last word, and nothing else may take its place
  const input = element("input", { type: "number", id, min, max, step, value, title: help, oninput: () => (isTyping = true), onchange: () => {
    isTyping = false;
    changed(Number(input.value));
  } });
  const set = (/** @type {number} */ now) => {
    if (!isTyping) input.value = String(now);
  };
  return { row: element("div", { class: "row" }, element("label", { for: id }, name), input), set };
}

/**
 * A part of the panel that can be folded; on a phone it is at first, so that the photo has room.
 *
 * @param {string} title
 * @param {boolean} open
 * @param {...(Node | string)} children
 */
export function section(title, open, ...children) {
  const narrow = matchMedia("(max-width: 480px)").matches;
  return element("details", { class: "section", open: open && !narrow }, element("summary", {}, title), ...children);
}

/**
 * A modal dialog with a title and a way out; the platform keeps the focus inside and Escape closes it.
 *
 * @param {string} title
 * @param {string} closing the close button's name
 * @param {...Node} children
 */
export function dialog(title, closing, ...children) {
  const id = fresh();
  const made = element("dialog", { class: "dialog", "aria-labelledby": id });
  const head = element("header", {}, element("h2", { id }, title), button("close", closing, () => made.close()));
  made.append(head, ...children);
  made.addEventListener("close", () => {
    made.remove();
    if (document.activeElement === document.body) document.getElementById("pane")?.focus({ preventScroll: true }); // the keys go on with the photo
  });
  made.addEventListener("click", (event) => event.target === made && made.close());
  document.body.append(made);
  made.showModal();
  return made;
}
