/** What made the newest pixels, and the other methods that could: "1 · 2 · 3". */
import { written } from "../commands.js";
import { button } from "../controls.js";
import { element, find } from "../dom.js";
import { say } from "../words.js";

/** @param {import("../app.js").App} app */
export function buildResult(app) {
  const { editor, connection, face, person } = app;
  const bar = find("result", HTMLElement);
  const update = () => {
    const last = editor.history?.now.patches.at(-1);
    const methods = connection.about?.methods ?? [];
    const isRedrawn = face.isHere && face.redrawing.isOpen;
    const isTheirs = person.isHere && person.orders.open !== null;
    bar.hidden = !last || !(last.edit === "inpaint" || isRedrawn || isTheirs) || editor.queue.items.length > 0;
    if (!last || bar.hidden) return;
    if (isRedrawn) return bar.replaceChildren(...redrawn(app));
    if (isTheirs) return bar.replaceChildren(...restored(app, last));
    const choices = methods.map(({ name, note }, i) =>
      element("button", { type: "button", class: "segment", title: `${connection.label(name)}: ${note}`, "aria-label": say("result.choose", { number: i + 1, method: connection.label(name) }), "aria-pressed": String(name === last.method), onclick: () => app.remover.instead(name) }, String(i + 1)),
    );
    bar.replaceChildren(
      element("span", {}, say("result.made", { method: connection.label(last.method) })),
      ...(methods.length > 1 ? [element("span", { class: "segments" }, ...choices)] : []),
      button("compare", say("compare.slider"), () => editor.compareBy(editor.compare === "slider" ? "off" : "slider"), { key: written("c") }),
      button("undo", say("key.undo"), () => app.undo(), { key: written("Mod+z") }),
    );
  };
  editor.on(["photo", "history", "queue", "mode", "placed"], update);
}

/** What can be done with a redrawn face. @param {import("../app.js").App} app */
function redrawn({ editor, face }) {
  const layers = element("button", { type: "button", class: "segment", id: "layers", title: `${say("face.away")} (${written("Shift+l")})`, "aria-pressed": String(!face.away), onclick: () => face.putAway(!face.away) }, say("face.layers"));
  const keep = element("button", { type: "button", class: "segment", title: `${say("face.keep")} (${written("Shift+Enter")})`, onclick: () => face.redrawing.keep() }, say("face.keep"));
  const hadFocus = document.activeElement?.id === "layers";
  if (hadFocus) queueMicrotask(() => layers.focus());
  return [
    element("span", {}, say("face.redrawn")),
    element("span", { class: "segments" }, layers, keep),
    button("compare", say("compare.slider"), () => editor.compareBy(editor.compare === "slider" ? "off" : "slider"), { key: written("c") }),
  ];
}

/** What can be done with a result of Person: another answer, or keeping it. @param {import("../app.js").App} app @param {import("../state/document.js").Patch} last */
function restored({ editor, person }, { id, answers = [] }) {
  const choices = answers.map((each, i) =>
    element("button", { type: "button", class: "segment", title: `${say("key.cycle")} (${written("q")})`, "aria-label": say("result.answer", { number: i + 1 }), "aria-pressed": String(each.id === id), onclick: () => void person.orders.choose(i) }, String(i + 1)),
  );
  const keep = element("button", { type: "button", class: "segment", title: `${say("face.keep")} (${written("Shift+Enter")})`, onclick: () => person.orders.keep() }, say("face.keep"));
  return [
    ...(choices.length ? [element("span", { class: "result-label" }, say("result.answers")), element("span", { class: "segments" }, ...choices)] : []),
    element("span", { class: "segments" }, keep),
    button("compare", say("compare.slider"), () => editor.compareBy(editor.compare === "slider" ? "off" : "slider"), { key: written("c") }),
  ];
}
