/** Drawing what lies on the photo and is not part of it: fillings and previews that stand in for the real ones, and a placed object. */
import { blank, context, copied } from "./canvas.js";

/** @typedef {import("./geometry/box.js").Box} Box */

const SAMPLE = 128; // pixels each way of the copy in which opacity is measured
const NEAR = 512; // device pixels of an object from which on it is drawn from its own pixels

/** A rough filling that stands in a box of the photo until the real one is there. */
export class Rough {
  /**
   * @param {Box} box
   * @param {ImageData | ImageBitmap} pixels transparent where the photo shows
   */
  constructor(box, pixels) {
    this.box = box;
    this.canvas = blank(pixels.width, pixels.height);
    if (pixels instanceof ImageData) context(this.canvas).putImageData(pixels, 0, 0);
    else context(this.canvas).drawImage(pixels, 0, 0);
  }

  /** @param {CanvasRenderingContext2D} target whose unit is the photo's pixel */
  draw(target) {
    const { x, y, width, height } = this.box;
    target.imageSmoothingEnabled = true;
    target.drawImage(this.canvas, x, y, width, height);
  }
}

/** The picture of an object that lies on the photo; what was trimmed off it is not seen. */
export class Cutout {
  #whole;
  #kept;
  /** @type {OffscreenCanvas | null} */ #small = null; // much smaller than it is; null until that is drawn

  /** @param {ImageBitmap} source */
  constructor(source) {
    this.width = source.width;
    this.height = source.height;
    this.#whole = blank(source.width, source.height);
    context(this.#whole, true).drawImage(source, 0, 0);
    this.#kept = copied(this.#whole, { x: 0, y: 0, width: source.width, height: source.height });
  }

  /** How much of it is seen at all, 0 to 1: its opacity's mean. */
  get opacity() {
    const small = context(blank(SAMPLE, SAMPLE), true);
    small.drawImage(this.#whole, 0, 0, SAMPLE, SAMPLE);
    const { data } = small.getImageData(0, 0, SAMPLE, SAMPLE);
    return data.reduce((sum, value, i) => (i % 4 === 3 ? sum + value : sum), 0) / (data.length / 4) / 255;
  }

  /**
   * Show what a mask keeps, in a box or everywhere.
   *
   * @param {import("./geometry/mask.js").Mask | null} mask null keeps all of it
   * @param {Box | null} [box]
   * @param {number} [rest] opacity of what is not kept
   */
  keep(mask, box, rest = 0) {
    const { x, y, width, height } = box ?? { x: 0, y: 0, width: this.width, height: this.height };
    const pixels = context(this.#whole, true).getImageData(x, y, width, height);
    for (let i = 3, row = y; mask && row < y + height; row++)
      for (let at = row * this.width + x, end = at + width; at < end; at++, i += 4) if (!mask.data[at]) pixels.data[i] *= rest;
    context(this.#kept).putImageData(pixels, x, y);
    this.#small = null;
  }

  /**
   * @param {CanvasRenderingContext2D} target whose unit is the photo's pixel
   * @param {[number, number, number, number, number, number]} matrix from its pixels to the photo's
   * @param {{width: number, height: number}} photo beyond which nothing of it is drawn
   */
  draw(target, matrix, photo) {
    target.save();
    target.beginPath();
    target.rect(0, 0, photo.width, photo.height);
    target.clip();
    target.transform(...matrix);
    target.imageSmoothingEnabled = true;
    target.imageSmoothingQuality = "high";
    const { a, b } = target.getTransform();
    const isSmall = Math.hypot(a, b) * Math.max(this.width, this.height) < NEAR;
    if (isSmall) this.#small ??= shrunk(this.#kept, 2 * NEAR);
    target.drawImage((isSmall && this.#small) || this.#kept, 0, 0, this.width, this.height);
    target.restore();
  }
}

/** A copy whose longest side is at most so long. @param {OffscreenCanvas} from @param {number} longest */
function shrunk(from, longest) {
  const scale = Math.min(1, longest / Math.max(from.width, from.height));
  const made = blank(Math.max(1, Math.round(from.width * scale)), Math.max(1, Math.round(from.height * scale)));
  context(made).imageSmoothingQuality = "high";
  context(made).drawImage(from, 0, 0, made.width, made.height);
  return made;
}
