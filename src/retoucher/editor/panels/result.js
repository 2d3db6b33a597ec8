/** What made the newest pixels, and the other methods that could: "1 · 2 · 3". */
import { written } from "../commands.js";
import { button } from "../controls.js";
import { element, find } from "../dom.js";
import { say } from "../words.js";

/** @param {import("../app.js").App} app */
export function buildResult(app) {
  const { editor, connection, face } = app;
  const bar = find("result", HTMLElement);
  const update = () => {
    const last = editor.history?.now.patches.at(-1);
    const methods = connection.about?.methods ?? [];
    const isRedrawn = face.isHere && face.redrawing.isOpen;
    bar.hidden = !last || !(last.edit === "inpaint" || isRedrawn) || editor.queue.items.length > 0;
    if (!last || bar.hidden) return;
    if (isRedrawn) return bar.replaceChildren(...redrawn(app));
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
