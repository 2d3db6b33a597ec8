/** What is being done and what waits: stage, time left, and a way out of each. */
import { button } from "../controls.js";
import { element } from "../dom.js";
import { say, shown } from "../words.js";

/** @param {import("../app.js").App} app */
export function buildQueue(app) {
  const { editor } = app;
  const list = element("ol", { class: "queue", "aria-label": say("queue.name") });
  /** @type {Map<import("../queue.js").Item, {row: HTMLElement, update(): void}>} */
  const rows = new Map();
  editor.on("queue", () => {
    for (const [item, { row }] of rows) if (!editor.queue.items.includes(item)) {
      row.remove();
      rows.delete(item);
    }
    for (const item of editor.queue.items) {
      const known = rows.get(item) ?? entry(app, item);
      if (!rows.has(item)) list.append(known.row);
      rows.set(item, known);
      known.update();
    }
  });
  return list;
}

/** One row, changed in place: a screen reader and the focus stay where they are. @param {import("../app.js").App} app @param {import("../queue.js").Item} item */
function entry(app, item) {
  const text = element("span", { class: "what" });
  const bar = element("progress", { max: 1, "aria-label": item.order.title });
  const cancel = button("close", say("queue.cancel"), () => app.editor.queue.cancel(item), { key: "Esc" });
  const row = element("li", {}, text, bar, cancel);
  const update = () => {
    const left = item.left && item.status === "running" ? say("queue.left", { seconds: Math.ceil(item.left) }) : "";
    const stage = item.status === "running" ? item.message : say(`queue.${item.status}`);
    text.textContent = [item.order.title, stage, left].filter(Boolean).join(" · ");
    if (item.status === "running" && item.fraction > 0) bar.value = item.fraction;
    else bar.removeAttribute("value");
    bar.setAttribute("aria-valuetext", `${shown(100 * item.fraction, 0)} %`);
  };
  return { row, update };
}
