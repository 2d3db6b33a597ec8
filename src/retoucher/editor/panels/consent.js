/** What a mode that makes faces can do and for whom: said once. */
import { button, dialog } from "../controls.js";
import { element } from "../dom.js";
import { say } from "../words.js";

/** @typedef {import("../words.js").Word} Word */

/** @param {Word} title @param {readonly Word[]} points @param {() => void} agreed @param {() => void} declined */
export function showConsent(title, points, agreed, declined) {
  let isAgreed = false;
  const go = button("check", say("consent.agree"), () => {
    isAgreed = true;
    made.close();
  }, { text: true, class: "main", id: "consent" });
  const made = dialog(say(title), say("consent.decline"),
    element("ul", { class: "promises" }, ...points.map((word) => element("li", {}, say(word)))),
    element("footer", {}, button("close", say("consent.decline"), () => made.close(), { text: true }), go),
  );
  made.classList.add("consent");
  made.addEventListener("close", () => (isAgreed ? agreed() : declined()));
  go.focus();
}
