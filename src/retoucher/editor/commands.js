/** All that can be done, with its name and keys, declared once: the keyboard, the tooltips and the sheet of keys come from here. */
import { actual, whole, zoomAt } from "./geometry/view.js";
import { maskAgain } from "./masking.js";
import { say } from "./words.js";

/** @typedef {import("./words.js").Word} Word */
/** @typedef {import("./app.js").App} App */
/** @typedef {{id: string, word: Word, keys: string[], run(): void, group: "tools" | "mask" | "face" | "object" | "view" | "photo" | "modes"}} Command */

const STEP = 1.25; // the factor of one press of + or -
const SIZES = 1.2; // the factor of one press of [ or ]

/** Brush sizes in photo pixels. */
export const BRUSH = { min: 1, max: 1000 };

/** Widths of the sketch pen. */
export const PEN = { min: 1, max: 8 };

/** @param {App} app @returns {Command[]} */
export function commands(app) {
  const { editor, settings } = app;
  /** @param {number} factor */
  const size = (factor) => () => {
    const name = app.sizing;
    const { min, max } = name === "pen" ? PEN : BRUSH;
    const now = settings.get(name);
    const next = factor > 1 ? Math.max(now + 1, Math.round(now * factor)) : Math.min(now - 1, Math.round(now * factor));
    settings.set(name, Math.min(max, Math.max(min, next)));
  };
  /** @param {number} factor */
  const zoom = (factor) => () => editor.look(zoomAt(editor.view, factor, { x: editor.screen.width / 2, y: editor.screen.height / 2 }));
  /** @type {[string, Word, string[], () => void][]} */
  const tools = [
    ["brush", "tool.brush", ["b"], () => app.take("brush")],
    ["eraser", "tool.eraser", ["e"], () => app.take("eraser")],
    ["rectangle", "tool.rectangle", ["m"], () => app.take("rectangle")],
    ["lasso", "tool.lasso", ["l"], () => app.take("lasso")],
    ["polygon", "tool.polygon", ["g"], () => app.take("polygon")],
    ["select", "tool.select", ["w"], () => app.take("select")],
    ["hand", "tool.hand", ["v", "h"], () => app.take("hand")],
    ["pen", "tool.pen", ["p"], () => app.take("pen")],
    ["paint", "tool.paint", ["t"], () => app.take("paint")],
    ["bend", "tool.bend", ["r"], () => app.take("bend")],
    ["picker", "tool.picker", ["i"], () => app.take("picker")],
    ["smaller", "key.smaller", ["[", "Alt+-"], size(1 / SIZES)],
    ["larger", "key.larger", ["]", "Alt+="], size(SIZES)],
    ["swap", "key.swap", ["x"], () => editor.combineBy(editor.how === "add" ? "subtract" : "add")],
  ];
  /** @type {[string, Word, string[], () => void][]} */
  const mask = [
    ["run", "key.run", ["Enter"], () => app.enter()],
    ["escape", "key.escape", ["Escape"], () => app.escape()],
    ["clear", "mask.clear", ["Mod+d"], () => app.clear()],
    ["invert", "mask.invert", ["Mod+i"], () => app.invert()],
    ["again", "mask.again", ["Shift+r"], () => editor.mode !== "paint-in" && maskAgain(editor)],
    ["undo", "key.undo", ["Mod+z"], () => app.undo()],
    ["redo", "key.redo", ["Shift+Mod+z", "Mod+y"], () => app.redo()],
    ["cycle", "key.cycle", ["q"], () => app.cycle()],
  ];
  const { face, paintin, person, strip } = app;
  /** @type {(run: () => void) => () => void} */
  const inFace = (run) => () => face.isHere && run();
  /** @type {[string, Word, string[], () => void][]} */
  const faces = [
    ["face-layers", "face.away", ["Shift+l"], inFace(() => face.putAway(!face.away))],
    ["face-keep", "face.keep", ["Shift+Enter"], () => (person.isHere ? person.orders.keep() : inFace(() => face.redrawing.keep())())],
    ["face-mirror", "face.mirror", ["Shift+x"], inFace(() => face.mirror(!face.axis))],
  ];
  /** @type {[string, Word, string[], () => void][]} */
  const object = [
    ["object-flip", "object.flip", ["Shift+h"], () => paintin.flip()],
    ["object-remove", "object.remove", ["Delete", "Backspace"], () => paintin.remove()],
    ["object-map", "object.map", ["Shift+m"], () => paintin.painting.map && paintin.painting.showMap(!paintin.painting.showsMap)],
  ];
  /** @type {[string, Word, string[], () => void][]} */
  const view = [
    ["zoom-in", "zoom.in", ["+", "="], zoom(STEP)],
    ["zoom-out", "zoom.out", ["-"], zoom(1 / STEP)],
    ["fit", "zoom.fit", ["Mod+0"], () => editor.picture && editor.look(whole(editor.picture, editor.screen))],
    ["actual", "zoom.actual", ["Mod+1"], () => editor.look(actual(editor.view, editor.screen, devicePixelRatio))],
    ["compare", "compare.slider", ["c"], () => editor.compareBy(editor.compare === "slider" ? "off" : "slider")],
    ["help", "key.help", ["?"], () => app.help()],
  ];
  /** @type {[string, Word, string[], () => void][]} */
  const photo = [
    ["open", "key.open", ["Mod+o"], () => app.pick()],
    ["save", "key.save", ["Mod+s"], () => app.save()],
    ["copy", "key.copy", ["Mod+c"], () => void app.copy()],
    ["previous", "folder.previous", [","], () => void strip.step(-1)],
    ["next", "folder.next", ["."], () => void strip.step(1)],
    ["skip", "folder.skip", ["s"], () => void strip.skip()],
    ["flag", "folder.flag", ["k"], () => void strip.flag()],
    ["folder", "folder.show", ["f"], () => strip.toggle()],
  ];
  /** @type {[string, Word, string[], () => void][]} */
  const modes = app.modes.map(({ name, word }, i) => [`mode-${name}`, word, [String(i + 1)], () => editor.enter(name)]);
  const groups = /** @type {const} */ ({ tools, mask, face: faces, object, view, photo, modes });
  return Object.entries(groups).flatMap(([group, rows]) =>
    rows.map(([id, word, keys, run]) => ({ id, word, keys, run, group: /** @type {Command["group"]} */ (group) })),
  );
}

/** Keys held down: for the sheet of keys only, `keys.js` knows what they do. @type {[Word, string][]} */
export const HELD = [
  ["key.original", "Tab"],
  ["key.original", "\\"],
  ["key.pan", "Space"],
  ["key.erase", "Alt"],
  ["key.straight", "Shift"],
  ["key.reticle", "← ↑ → ↓"],
  ["key.dab", "Space"],
];

/** What fingers and pens do, for the sheet only: `pointer.js` knows it. @type {[Word, Word][]} */
export const TOUCHES = [
  ["touch.paint", "touch.one"],
  ["touch.view", "touch.two"],
  ["key.undo", "touch.twotap"],
  ["key.redo", "touch.threetap"],
  ["touch.view", "touch.afterpen"],
];

/** A key as it is written for people: "Mod" is ⌘ on a Mac. @param {string} key */
export function written(key) {
  const mac = /Mac|iP(hone|ad)/.test(navigator.platform);
  return key
    .replace("Mod", mac ? "⌘" : "Ctrl")
    .replace("Escape", "Esc")
    .replace(/\+([a-z])$/, (_, letter) => `+${letter.toUpperCase()}`)
    .replace(/^[a-z]$/, (letter) => letter.toUpperCase());
}

/** A command's name with its first key. @param {Command} command */
export function titled({ word, keys }) {
  return `${say(word)} (${written(keys[0])})`;
}
