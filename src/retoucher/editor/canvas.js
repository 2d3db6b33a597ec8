/** Drawing: the photo in its sizes, its patches, and what the screen shows of them; `over.js` has what lies on it. */
import { tinted } from "./geometry/tint.js";
import { toScreen, visible } from "./geometry/view.js";

/** @typedef {import("./geometry/box.js").Box} Box */
/** @typedef {import("./geometry/view.js").View} View */
/** @typedef {{id: string, box: Box}} Patch */
/** @typedef {{patch: Patch, boxes: Box[], unders: OffscreenCanvas[] | null}} Applied for each level; null where memory was short */

const SMALLEST = 512; // pixels: the longest side of the last of the halved pictures
const KEPT = 256e6; // bytes of what lies under patches; older ones are given up, and undo then starts from the photo itself
const CRISP = 4; // device pixels of a photo pixel from which on its square is shown

/**
 * The photo as it is now, in full size and halved again and again, so that drawing costs what the screen has pixels,
 * whatever the photo has. Patches are painted into it; what was under each is kept in every size, so that undo is quick
 * and the photo before is drawn from the very same pixels.
 */
export class Picture {
  /** @type {Applied[]} */ #applied = [];
  /** @type {Picture | null} */ #original = null;

  /**
   * @param {CanvasImageSource & {width: number, height: number}} source
   * @param {() => Promise<ImageBitmap>} again gives the same picture once more
   */
  constructor(source, again) {
    this.again = again;
    this.width = source.width;
    this.height = source.height;
    this.levels = [blank(source.width, source.height)]; // a pixel of level k covers 2^k pixels of the photo each way
    context(this.levels[0]).drawImage(source, 0, 0);
    for (let { width, height } = source; Math.max(width, height) > SMALLEST; ) {
      [width, height] = [Math.ceil(width / 2), Math.ceil(height / 2)];
      this.levels.push(blank(width, height));
    }
    this.#halve(this.#boxes({ x: 0, y: 0, width: this.width, height: this.height }));
  }

  /**
   * Make the picture show exactly these patches, in this order.
   *
   * @param {Patch[]} patches
   * @param {(patch: Patch) => Promise<ImageBitmap>} fetched
   */
  async show(patches, fetched) {
    let same = 0;
    while (same < patches.length && this.#applied[same]?.patch.id === patches[same].id) same++;
    const lost = this.#applied.slice(same).some(({ unders }) => !unders);
    if (lost) same = 0;
    const fresh = await Promise.all(patches.slice(same).map(fetched)); // before anything is drawn: no half states
    if (lost) this.#startAgain();
    while (this.#applied.length > same) this.#revert(/** @type {Applied} */ (this.#applied.pop()));
    for (const [i, bitmap] of fresh.entries()) this.#apply(patches[same + i], bitmap);
    await this.#spill();
  }

  /** @param {Patch} patch @param {ImageBitmap} bitmap */
  #apply(patch, bitmap) {
    const boxes = this.#boxes(patch.box);
    const unders = boxes.map((box, k) => copied(this.levels[k], box));
    context(this.levels[0]).drawImage(bitmap, patch.box.x, patch.box.y);
    this.#applied.push({ patch, boxes, unders });
    this.#halve(boxes);
  }

  /** @param {Applied} applied */
  #revert({ boxes, unders }) {
    for (const [k, under] of (unders ?? []).entries()) put(context(this.levels[k]), under, boxes[k]);
  }

  /** Begin from the photo as it was opened. */
  #startAgain() {
    this.#applied = [];
    if (!this.#original) return; // what lies under patches is only ever given up once this is there
    for (const [k, level] of this.#original.levels.entries())
      put(context(this.levels[k]), level, { x: 0, y: 0, width: level.width, height: level.height });
  }

  /** Give up what lies under the oldest patches, once it is more than may be kept. */
  async #spill() {
    /** @param {Applied} applied */
    const size = ({ patch, unders }) => (unders ? (16 / 3) * patch.box.width * patch.box.height : 0);
    let total = this.#applied.reduce((sum, each) => sum + size(each), 0);
    if (total <= KEPT) return;
    this.#original ??= new Picture(await this.again(), this.again); // what comparing shows from then on
    for (const each of this.#applied) {
      if (total <= KEPT) break;
      total -= size(each);
      each.unders = null;
    }
  }

  /** What a box covers in each level. @param {Box} box @returns {Box[]} */
  #boxes(box) {
    let [left, top, right, bottom] = [box.x, box.y, box.x + box.width, box.y + box.height];
    return this.levels.map((_, k) => {
      if (k) [left, top, right, bottom] = [left >> 1, top >> 1, (right + 1) >> 1, (bottom + 1) >> 1];
      return { x: left, y: top, width: right - left, height: bottom - top };
    });
  }

  /** Bring the halved pictures up to date in one box of each. @param {Box[]} boxes */
  #halve(boxes) {
    for (const [k, { x, y, width, height }] of boxes.entries()) {
      if (k === 0) continue;
      const [to, from] = [context(this.levels[k]), this.levels[k - 1]];
      to.save();
      to.beginPath();
      to.rect(x, y, width, height);
      to.clip();
      to.clearRect(x, y, width, height);
      to.imageSmoothingQuality = "medium";
      to.drawImage(from, 0, 0, from.width, from.height, 0, 0, from.width / 2, from.height / 2);
      to.restore();
    }
  }

  /** The level in which a photo pixel shown with `scale` device pixels is drawn. @param {number} scale */
  #level(scale) {
    return Math.min(this.levels.length - 1, Math.max(0, Math.floor(-Math.log2(scale))));
  }

  /**
   * Draw what the view shows. `before` shows the photo as it was opened.
   *
   * @param {CanvasRenderingContext2D} target
   * @param {View} view
   * @param {number} ratio
   * @param {boolean} [before]
   * @returns {void}
   */
  draw(target, view, ratio, before = false) {
    if (before && this.#original) return this.#original.draw(target, view, ratio);
    const { width, height } = target.canvas;
    target.setTransform(1, 0, 0, 1, 0, 0);
    target.clearRect(0, 0, width, height);
    const part = visible(view, this, { width: width / ratio, height: height / ratio });
    if (!part) return;
    const scale = view.scale * ratio;
    const k = this.#level(scale);
    target.setTransform(scale, 0, 0, scale, -view.x * scale, -view.y * scale);
    target.imageSmoothingEnabled = scale < CRISP;
    target.imageSmoothingQuality = "medium";
    const here = this.#boxes(part)[k];
    const source = before ? this.#before(here, k) : this.levels[k];
    const [x, y] = before ? [0, 0] : [here.x, here.y];
    target.drawImage(source, x, y, here.width, here.height, here.x * 2 ** k, here.y * 2 ** k, here.width * 2 ** k, here.height * 2 ** k);
  }

  /** One box of a level as it was before all patches. @param {Box} box @param {number} k */
  #before(box, k) {
    const made = copied(this.levels[k], box);
    for (const { boxes, unders } of [...this.#applied].reverse())
      if (unders) put(context(made), unders[k], { ...boxes[k], x: boxes[k].x - box.x, y: boxes[k].y - box.y });
    return made;
  }

  /**
   * A small copy of one box: RGBA pixels whose longest side is at most `longest`.
   *
   * @param {Box} box
   * @param {number} longest
   */
  sample(box, longest) {
    const scale = Math.min(1, longest / Math.max(box.width, box.height));
    const width = Math.max(1, Math.round(box.width * scale));
    const height = Math.max(1, Math.round(box.height * scale));
    const small = context(blank(width, height), true);
    const k = this.#level(scale);
    const [x, y, across, down] = [box.x, box.y, box.width, box.height].map((side) => side / 2 ** k);
    small.drawImage(this.levels[k], x, y, across, down, 0, 0, width, height);
    return small.getImageData(0, 0, width, height);
  }

  /** A picture of the whole photo for a list, longest side `side`. @param {number} side */
  thumbnail(side) {
    const scale = Math.min(1, side / Math.max(this.width, this.height));
    const made = document.createElement("canvas");
    made.width = Math.max(1, Math.round(this.width * scale));
    made.height = Math.max(1, Math.round(this.height * scale));
    const last = this.levels[this.levels.length - 1];
    /** @type {CanvasRenderingContext2D} */ (made.getContext("2d")).drawImage(last, 0, 0, made.width, made.height);
    return made;
  }
}

/** A layer of the stage as large as the screen's part. @param {HTMLCanvasElement} canvas @param {Box} screen @param {number} ratio */
export function resize(canvas, screen, ratio) {
  const [width, height] = [Math.round(screen.width * ratio), Math.round(screen.height * ratio)];
  if (canvas.width === width && canvas.height === height) return false;
  [canvas.width, canvas.height] = [width, height];
  [canvas.style.width, canvas.style.height] = [`${width / ratio}px`, `${height / ratio}px`]; // not stretched by a part of a pixel
  return true;
}

/**
 * Draw the mask's part that lies in `box`, in photo pixels.
 *
 * @param {CanvasRenderingContext2D} target
 * @param {import("./geometry/mask.js").Mask} mask
 * @param {View} view
 * @param {number} ratio
 * @param {Box} box
 * @param {import("./geometry/tint.js").Tint} tint
 */
export function drawMask(target, mask, view, ratio, box, tint) {
  const [from, to] = [toScreen(view, box), toScreen(view, { x: box.x + box.width, y: box.y + box.height })];
  const left = Math.max(0, Math.floor(from.x * ratio) - 2);
  const top = Math.max(0, Math.floor(from.y * ratio) - 2);
  const width = Math.min(target.canvas.width, Math.ceil(to.x * ratio) + 2) - left;
  const height = Math.min(target.canvas.height, Math.ceil(to.y * ratio) + 2) - top;
  if (width < 1 || height < 1) return;
  const pixels = tinted(mask, view, ratio, { x: left, y: top, width, height }, tint);
  target.putImageData(new ImageData(pixels, width, height), left, top);
}

/** A copy of one box. @param {OffscreenCanvas} from @param {Box} box */
export function copied(from, { x, y, width, height }) {
  const made = blank(width, height);
  context(made).drawImage(from, -x, -y);
  return made;
}

/** Put a picture in a box's place, its transparency included. @param {OffscreenCanvasRenderingContext2D} target @param {OffscreenCanvas} picture @param {Box} box */
function put(target, picture, { x, y, width, height }) {
  target.clearRect(x, y, width, height);
  target.drawImage(picture, x, y);
}

/** @param {number} width @param {number} height */
export function blank(width, height) {
  return new OffscreenCanvas(width, height);
}

/** @param {OffscreenCanvas} canvas @param {boolean} [read] */
export function context(canvas, read = false) {
  const found = canvas.getContext("2d", { willReadFrequently: read });
  if (!found) throw new Error("no memory for a picture of this size");
  return found;
}
