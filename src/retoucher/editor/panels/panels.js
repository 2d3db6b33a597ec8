/** The frame around the photo: each part builds itself and listens to the editor. */
import { buildCompare } from "./compare.js";
import { buildDrop } from "./drop.js";
import { buildFace } from "./face.js";
import { buildHint } from "./hint.js";
import { buildHistory } from "./history.js";
import { buildMask } from "./mask.js";
import { buildPaintIn } from "./paintin.js";
import { buildPerson } from "./person.js";
import { buildQueue } from "./queue.js";
import { buildResult } from "./result.js";
import { buildRun } from "./run.js";
import { buildStart } from "./start.js";
import { buildStatus } from "./status.js";
import { buildTools } from "./tools.js";
import { buildTop } from "./top.js";
import { element, find } from "../dom.js";

/** @param {import("../app.js").App} app */
export function buildPanels(app) {
  buildTop(app);
  buildTools(app);
  find("panel", HTMLElement).append(element("div", { class: "controls" }, buildRun(app), buildFace(app), buildPaintIn(app), buildPerson(app), buildMask(app)), buildHistory(app));
  find("stage", HTMLElement).append(buildQueue(app));
  buildResult(app);
  buildCompare(app);
  buildStatus(app);
  buildStart(app);
  buildHint(app);
  buildDrop(app);
}
