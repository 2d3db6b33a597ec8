/** What can be chosen once and for all. Each choice works at once. */
import { choice, dialog, select, slider, toggle } from "../controls.js";
import { element } from "../dom.js";
import { LANGUAGES, say } from "../words.js";

/** @param {import("../app.js").App} app */
export function showSettings(app) {
  const made = dialog(say("settings.title"), say("dialog.close"), looks(app), mask(app), hands(app), keeping(app));
  made.classList.add("settings");
}

/** @param {string} title @param {...Node} rows */
function group(title, ...rows) {
  return element("section", {}, element("h3", {}, title), ...rows);
}

/** @param {import("../app.js").App} app */
function looks({ settings, session }) {
  const themes = [
    { value: /** @type {const} */ ("auto"), label: say("settings.auto") },
    { value: /** @type {const} */ ("light"), label: say("settings.light") },
    { value: /** @type {const} */ ("dark"), label: say("settings.dark") },
  ];
  const theme = choice(say("settings.theme"), themes, settings.get("theme"), (value) => {
    settings.set("theme", value);
    document.documentElement.dataset.theme = value;
  });
  const languages = [{ value: "", label: say("settings.browser") }, ...Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))];
  const language = select(say("settings.language"), languages, settings.get("language"), (value) => {
    settings.set("language", value);
    void session.flush().then(() => location.replace(location.pathname)); // the session comes back by itself
  }, say("settings.language.help"));
  return group(say("settings.looks"), theme.row, language.row);
}

/** @param {import("../app.js").App} app */
function mask({ settings }) {
  const color = element("input", { type: "color", id: "mask-color", value: settings.get("maskColor"), oninput: () => settings.set("maskColor", color.value) });
  const opacity = slider(say("settings.opacity"), { min: 0.1, max: 1, step: 0.05, value: settings.get("maskOpacity") }, (value) => settings.set("maskOpacity", value));
  const pattern = toggle(say("settings.pattern"), settings.get("maskPattern"), (on) => settings.set("maskPattern", on), say("settings.pattern.help"));
  return group(say("settings.mask"), element("div", { class: "row" }, element("label", { for: "mask-color" }, say("settings.color")), color), opacity.row, pattern.row);
}

/** @param {import("../app.js").App} app */
function hands({ settings }) {
  const pressure = toggle(say("settings.pressure"), settings.get("pressure"), (on) => settings.set("pressure", on), say("settings.pressure.help"));
  const loupe = toggle(say("settings.loupe"), settings.get("loupe"), (on) => settings.set("loupe", on));
  return group(say("settings.hands"), pressure.row, loupe.row);
}

/** @param {import("../app.js").App} app */
function keeping({ settings }) {
  const sessions = toggle(say("settings.sessions"), settings.get("keepSession"), (on) => settings.set("keepSession", on), say("settings.sessions.help"));
  const note = toggle(say("settings.note"), settings.get("note"), (on) => settings.set("note", on), say("settings.note.help"));
  return group(say("settings.keeping"), sessions.row, note.row);
}
