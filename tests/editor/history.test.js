import assert from "node:assert/strict";
import { test } from "node:test";

import { History } from "../../src/retoucher/editor/state/history.js";
import { random, whole } from "./samples.js";

test("undo and redo walk through the states, and stop at the ends", () => {
  const history = new History("a", "open");
  assert.deepEqual([history.now, history.index, history.canUndo, history.canRedo], ["a", 0, false, false]);
  history.push("b", "stroke");
  assert.deepEqual([history.canUndo, history.canRedo], [true, false]);
  history.push("c", "fill");
  assert.deepEqual([history.now, history.canUndo, history.canRedo], ["c", true, false]);
  assert.deepEqual([history.undo(), history.undo(), history.undo()], ["b", "a", "a"]);
  assert.deepEqual([history.canUndo, history.canRedo], [false, true]);
  assert.deepEqual([history.redo(), history.redo(), history.redo()], ["b", "c", "c"]);
});

test("a new state after an undo takes the place of what could be redone", () => {
  const history = new History(1, "open");
  history.push(2, "two");
  history.push(3, "three");
  history.undo();
  history.push(4, "four");
  assert.deepEqual(history.entries.map(({ name }) => name), ["open", "two", "four"]);
  assert.equal(history.canRedo, false);
});

test("replacing changes the present entry only, and keeps its name", () => {
  const history = new History(1, "open");
  history.push(2, "slide");
  history.push(3, "fill");
  history.undo();
  history.replace(20);
  assert.deepEqual(history.entries, [1, 20, 3].map((state, i) => ({ state, name: ["open", "slide", "fill"][i] })));
});

test("states are never copied, and a list of entries that was handed out never changes", () => {
  const states = [{ a: 1 }, { a: 2 }];
  const history = new History(states[0], "open");
  const before = history.entries;
  history.push(states[1], "change");
  assert.equal(history.now, states[1]);
  assert.equal(history.undo(), states[0]);
  history.replace({ a: 3 });
  assert.deepEqual(before, [{ state: { a: 1 }, name: "open" }]);
});

test("beyond the limit the oldest entries go and the present one stays", () => {
  const history = new History(0, "0");
  for (let i = 1; i <= 500; i++) history.push(i, `${i}`);
  assert.deepEqual([history.entries.length, history.index, history.now], [200, 199, 500]);
  assert.equal(history.jump(0), 301);
  const small = new History(0, "0", 1);
  small.push(1, "1");
  assert.deepEqual([small.now, small.canUndo], [1, false]);
});

test("any walk gives what a plain list and a place in it give", () => {
  const next = random(32);
  const history = new History(0, "0", 7);
  let [list, place] = [[0], 0];
  for (let step = 1; step < 2000; step++) {
    const what = whole(next, 0, 4);
    if (what <= 1) {
      list = [...list.slice(0, place + 1), step].slice(-7);
      place = list.length - 1;
      history.push(step, `${step}`);
    } else {
      const to = what === 2 ? place - 1 : what === 3 ? place + 1 : whole(next, 0, 6);
      place = Math.min(Math.max(to, 0), list.length - 1);
      if (what === 2) history.undo();
      else if (what === 3) history.redo();
      else history.jump(to);
    }
    assert.deepEqual([history.now, history.index], [list[place], place]);
    assert.deepEqual(history.entries.map(({ state }) => state), list);
  }
});
