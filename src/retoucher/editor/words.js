/** Every text of the editor, in the person's language. One catalogue for each language; English is the one that is whole. */
import { english } from "./words/en.js";

/** @typedef {Extract<keyof typeof english, string>} Word */

/** Languages by code, each with its own name. `qps` is made up, to be read from right to left in tests. */
export const LANGUAGES = { en: "English", "zh-CN": "简体中文" };

/** @type {Partial<Record<Word, string>>} */
let catalogue = english;
let language = "en";

/**
 * Choose the language; what it lacks is shown in English.
 *
 * @param {string} wanted a code of `LANGUAGES`, "qps", or "" for the browser's choice
 */
export async function speak(wanted) {
  const asked = wanted ? [wanted] : [...navigator.languages];
  const known = asked.map((code) => (code.startsWith("zh") ? "zh-CN" : code.split("-")[0] ?? "")).find((code) => code in LANGUAGES || code === "qps");
  language = known ?? "en";
  if (language === "zh-CN") catalogue = (await import("./words/zh-CN.js")).chinese;
  else if (language === "qps") catalogue = mirrored();
  else catalogue = english;
  document.documentElement.lang = language === "qps" ? "en" : language;
  document.documentElement.dir = language === "qps" ? "rtl" : "ltr";
}

/**
 * A text with its values put in: `say("photo.size", { width: 10 })`. Numbers are written as the language writes them.
 *
 * @param {Word} key
 * @param {Record<string, string | number>} [values]
 */
export function say(key, values = {}) {
  const text = /** @type {string} */ (catalogue[key] ?? english[key] ?? key);
  return text.replace(/\{(\w+)\}/g, (_all, /** @type {string} */ name) => shown(values[name] ?? ""));
}

/**
 * A number or word as the language writes it.
 *
 * @param {string | number} value
 * @param {number} [digits] after the point, at most
 */
export function shown(value, digits = 1) {
  if (typeof value !== "number") return value;
  return new Intl.NumberFormat(language === "qps" ? "en" : language, { maximumFractionDigits: digits }).format(value);
}

/** Bytes as the language writes them. @param {number} count */
export function bytes(count) {
  const [size, unit] = count < 1e6 ? [count / 1e3, "kB"] : [count / 1e6, "MB"];
  return `${shown(size, size < 10 ? 1 : 0)} ${unit}`;
}

/**
 * Put words into the page's own elements: `data-say` is the text, `data-say-title` the tooltip, `data-say-label` the name.
 *
 * @param {ParentNode} [root]
 */
export function translate(root = document) {
  for (const each of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-say], [data-say-label], [data-say-title]"))) {
    const { say: text, sayLabel: label, sayTitle: title } = each.dataset;
    if (text) each.textContent = say(/** @type {Word} */ (text));
    if (label) each.setAttribute("aria-label", say(/** @type {Word} */ (label)));
    if (title) each.title = say(/** @type {Word} */ (title));
  }
}

/** English with marks around and accents on it: shows what was forgotten, and what breaks from right to left. */
function mirrored() {
  const entries = Object.entries(english).map(([key, text]) => [key, `⟦${text.replace(/[aeiou](?![^{]*\})/g, "$&\u0301")}⟧`]);
  return /** @type {Record<Word, string>} */ (Object.fromEntries(entries));
}
