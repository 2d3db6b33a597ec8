/** How far the learning of a person is: stage, time left, and a way out. */
import { button } from "../controls.js";
import { element } from "../dom.js";
import { say, shown } from "../words.js";

/** @param {import("../app.js").App} app */
export function progressOf({ person: { people } }) {
  const text = element("span", { class: "what", role: "status" });
  const bar = element("progress", { max: 1 });
  const cancel = button("close", say("person.cancel"), () => people.cancel(), { text: true });
  const row = element("div", { class: "learning" }, text, bar, cancel);
  const update = () => {
    const { making } = people;
    row.hidden = making === null;
    if (!making) return;
    const { name, job, fraction, message, left } = making;
    const stage = job ? message : say("person.sending");
    text.textContent = [say("person.learning", { name }), stage, left ? leftIn(left) : ""].filter(Boolean).join(" · ");
    bar.setAttribute("aria-label", say("person.learning", { name }));
    if (fraction > 0) bar.value = fraction;
    else bar.removeAttribute("value");
    bar.setAttribute("aria-valuetext", `${shown(100 * fraction, 0)} %`);
  };
  return { row, update };
}

/** @param {number} seconds */
function leftIn(seconds) {
  return seconds < 90 ? say("queue.left", { seconds: Math.ceil(seconds) }) : say("person.minutes.left", { minutes: Math.round(seconds / 60) });
}
