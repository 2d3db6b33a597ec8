/** How wide brushes are: as wide on the screen for a large photo as for a small one; photos of one size share theirs. */
import { BRUSH } from "./commands.js";

/** Widths for a photo of a new size, as shares of its shorter side. */
const SHARES = /** @type {const} */ ([["brush", 0.05], ["tint", 0.025], ["wipe", 0.03], ["reach", 0.12]]);
const LEAST = 4; // pixels

export class Widths {
  #of = ""; // the size of photo for which they were chosen

  /** @param {import("./settings.js").Settings} settings */
  constructor(settings) {
    this.settings = settings;
  }

  /** @param {import("./geometry/box.js").Size} photo */
  fit({ width, height }) {
    const size = `${width}×${height}`;
    if (size === this.#of) return;
    this.#of = size;
    for (const [name, share] of SHARES) this.settings.set(name, Math.min(BRUSH.max, Math.max(LEAST, Math.round(share * Math.min(width, height)))));
  }
}
