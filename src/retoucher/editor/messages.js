import { ApiError } from "./api.js";
import { say } from "./words.js";

/**
 * What to tell the person of a failure: the server's own sentence, and two ways out where memory was short.
 *
 * @param {unknown} reason
 */
export function shortened(reason) {
  if (!(reason instanceof ApiError)) return say("said.failed", { reason: String(reason instanceof Error ? reason.message : reason) });
  if (reason.isAway) return say("said.away");
  if (reason.status === 413 || /memory/i.test(reason.message)) return `${reason.message} ${say("hint.memory")}`;
  return reason.message;
}
