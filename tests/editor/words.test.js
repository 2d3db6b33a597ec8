import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { dialogs } from "../../src/retoucher/editor/words/en-dialogs.js";
import { redrawing } from "../../src/retoucher/editor/words/en-face.js";
import { painting } from "../../src/retoucher/editor/words/en-paintin.js";
import { persons } from "../../src/retoucher/editor/words/en-person.js";
import { english } from "../../src/retoucher/editor/words/en.js";
import { chinese } from "../../src/retoucher/editor/words/zh-CN.js";

const EDITOR = new URL("../../src/retoucher/editor/", import.meta.url);
const sources = readdirSync(EDITOR, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.(js|html)$/.test(name) && !/^words[\\/]/.test(name))
  .map((name) => readFileSync(new URL(name.replaceAll("\\", "/"), EDITOR), "utf8"))
  .join("\n");
const words = Object.keys(english);

/** The values that a text takes, sorted. */
const valuesOf = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

test("every English word has a Chinese one, and there is no other", () => {
  assert.deepEqual(Object.keys(chinese).sort(), [...words].sort());
});

test("a Chinese text takes the same values as the English one", () => {
  for (const key of words) assert.deepEqual(valuesOf(chinese[key]), valuesOf(english[key]), key);
});

test("a Chinese text is Chinese, or the same sign in both languages", () => {
  for (const key of words) assert.ok(/\p{Script=Han}/u.test(chinese[key]) || chinese[key] === english[key], `${key}: ${chinese[key]}`);
});

test("no word stands in two of the English files", () => {
  const own = readFileSync(new URL("words/en.js", EDITOR), "utf8");
  const others = [...Object.keys(dialogs), ...Object.keys(painting), ...Object.keys(persons), ...Object.keys(redrawing)];
  const twice = others.filter((key, i) => own.includes(`"${key}":`) || others.indexOf(key) !== i);
  assert.deepEqual(twice, []);
});

test("every word is used, by its name or by the beginning of it", () => {
  const begun = [...sources.matchAll(/`([a-z]+(?:\.[a-z]+)*\.)\$\{/g)].map(([, beginning]) => beginning);
  const unused = words.filter((key) => !sources.includes(`"${key}"`) && !begun.some((beginning) => key.startsWith(beginning)));
  assert.deepEqual(unused, []);
});

test("every word that is used is in the catalogue", () => {
  const groups = new Set(words.map((key) => key.split(".")[0]));
  const used = [...sources.matchAll(/"([a-z-]+)((?:\.[a-z]+)+)"/g)].filter(([, group, rest]) => groups.has(group) && !/\.(png|js|css|svg)$/.test(rest));
  assert.deepEqual(used.map(([, group, rest]) => group + rest).filter((key) => !(key in english)), []);
  assert.ok(used.length > 150, `only ${used.length} words were found: is the pattern still right?`);
});
