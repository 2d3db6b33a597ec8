/** Drawing what is drawn on a face: colours under lines, on layers of their own; and the colours as a picture to be sent. */
import { blank, context } from "./canvas.js";

/** @typedef {import("./geometry/box.js").Box} Box */
/** @typedef {import("./geometry/lines.js").Line} Line */
/** @typedef {import("./geometry/view.js").View} View */
/** @typedef {import("./state/document.js").Paint} Paint */
/** @typedef {Map<string, ImageBitmap>} Pictures by their names */
/** @typedef {{points: number[], width: number}} LiveLine x, y, x, y …: grows while it is drawn */
/** @typedef {{points: number[], color: string | null}} LivePaint x, y, radius …: grows while it is painted */
/** @typedef {LiveLine | LivePaint} Live */
/** @typedef {{lines: readonly Line[], paints: readonly Paint[], live: Live[], pictures: Pictures, size: {width: number, height: number}}} Drawn */

const THINNEST = 1.6; // CSS pixels of a line on the screen, however thin it is on the photo
const RIM = 1.2; // CSS pixels of light around a line, so that it is seen on dark ground
const [DARK, LIGHT] = ["#101413", "#fffffff0"];

/** Two layers of the stage. What only grew is added; everything else is drawn anew. */
export class Ink {
  stale = true;
  /** @type {Map<Live, number>} */ #grown = new Map(); // how much of each is on the layer
  /** @type {Set<Live>} */ #waiting = new Set();

  /** @param {HTMLCanvasElement} colors @param {HTMLCanvasElement} lines */
  constructor(colors, lines) {
    this.layers = [colors, lines];
  }

  /** What is being drawn has grown. @param {Live} live */
  more(live) {
    this.#waiting.add(live);
  }

  /**
   * @param {Drawn | null} drawn
   * @param {View} view
   * @param {number} ratio
   * @param {HTMLCanvasElement} like a layer of the right size
   * @param {boolean} all whether the view has changed
   */
  draw(drawn, view, ratio, like, all) {
    for (const layer of this.layers) layer.hidden = !drawn;
    if (!drawn) return void (this.stale = true);
    const targets = this.layers.map((layer) => {
      if (layer.width !== like.width || layer.height !== like.height) {
        [layer.width, layer.height] = [like.width, like.height];
        [layer.style.width, layer.style.height] = [like.style.width, like.style.height];
        this.stale = true;
      }
      const target = /** @type {CanvasRenderingContext2D} */ (layer.getContext("2d"));
      const scale = view.scale * ratio;
      target.setTransform(scale, 0, 0, scale, -view.x * scale, -view.y * scale);
      target.lineCap = target.lineJoin = "round";
      return target;
    });
    const [colors, lines] = targets;
    if (this.stale || all) {
      this.#grown.clear();
      for (const target of targets) wipe(target);
      paintAll(colors, drawn.paints, drawn.pictures, drawn.size);
      inkAll(lines, drawn.lines, view.scale);
      this.#waiting = new Set(drawn.live);
    }
    for (const live of this.#waiting) this.#tail(live, colors, lines, view.scale);
    this.#waiting.clear();
    this.stale = false;
  }

  /** @param {Live} live @param {CanvasRenderingContext2D} colors @param {CanvasRenderingContext2D} lines @param {number} scale */
  #tail(live, colors, lines, scale) {
    const from = this.#grown.get(live) ?? 0;
    this.#grown.set(live, live.points.length);
    if ("width" in live) {
      const start = Math.max(0, from - 2);
      const width = Math.max(live.width, THINNEST / scale);
      const part = pathOf(live.points, start);
      stroke(lines, part, LIGHT, width + (2 * RIM) / scale);
      stroke(lines, pathOf(live.points, 0), DARK, width); // all of it: the rim of its end lies on what came before
    } else dab(colors, live.points, Math.max(0, from - 3), live.color);
  }
}

/**
 * The colours in one box of the photo as RGBA pixels.
 *
 * @param {readonly Paint[]} paints
 * @param {Pictures} pictures
 * @param {Box} box
 * @param {{width: number, height: number}} photo
 */
export function paintedPixels(paints, pictures, box, photo) {
  const target = context(blank(box.width, box.height), true);
  target.translate(-box.x, -box.y);
  target.lineCap = target.lineJoin = "round";
  paintAll(target, paints, pictures, photo);
  return target.getImageData(0, 0, box.width, box.height).data;
}

/** The mean colour of RGBA pixels as "#rrggbb". @param {ImageData} pixels */
export function meanColor({ data }) {
  const sums = [0, 1, 2].map((channel) => data.reduce((sum, value, i) => (i % 4 === channel ? sum + value : sum), 0));
  return `#${sums.map((sum) => Math.round((4 * sum) / data.length).toString(16).padStart(2, "0")).join("")}`;
}

/** @typedef {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} Target whose unit is the photo's pixel */

/** @param {Target} target @param {readonly Paint[]} paints @param {Pictures} pictures @param {{width: number, height: number}} photo */
function paintAll(target, paints, pictures, photo) {
  for (const paint of paints) {
    if ("picture" in paint) {
      const picture = pictures.get(paint.picture);
      target.imageSmoothingEnabled = false;
      if (picture) target.drawImage(picture, 0, 0, photo.width, photo.height);
    } else dab(target, paint.points, 0, paint.color);
  }
}

/** A stroke of colour from one of its places on; null takes colour away. @param {Target} target @param {ArrayLike<number>} points @param {number} start @param {string | null} color */
function dab(target, points, start, color) {
  target.globalCompositeOperation = color === null ? "destination-out" : "source-over";
  target.strokeStyle = color ?? "#000";
  for (let i = start; i < points.length; ) {
    const radius = points[i + 2];
    target.beginPath();
    target.moveTo(points[i], points[i + 1]);
    if (i + 3 >= points.length) target.lineTo(points[i] + 1e-3, points[i + 1]); // a dot
    let end = i + 3;
    for (; end < points.length && Math.abs(points[end + 2] - radius) < 0.02 * radius; end += 3) target.lineTo(points[end], points[end + 1]);
    if (end === i + 3 && end < points.length) target.lineTo(points[end], points[end + 1]);
    target.lineWidth = end === i + 3 && end < points.length ? radius + points[end + 2] : 2 * radius;
    target.stroke();
    i = end >= points.length ? points.length : Math.max(end - 3, i + 3);
  }
  target.globalCompositeOperation = "source-over";
}

/** @type {WeakMap<Line, Path2D>} */
const paths = new WeakMap();

/** @param {Line} line */
function kept(line) {
  const known = paths.get(line);
  if (known) return known;
  const made = pathOf(line.points, 0);
  paths.set(line, made);
  return made;
}

/** A smooth path through points, from one of them on. @param {ArrayLike<number>} points @param {number} start */
function pathOf(points, start) {
  const path = new Path2D();
  path.moveTo(points[start], points[start + 1]);
  const last = points.length - 2;
  if (last <= start) path.lineTo(points[start] + 1e-3, points[start + 1]); // a dot
  for (let i = start + 2; i < last; i += 2) path.quadraticCurveTo(points[i], points[i + 1], (points[i] + points[i + 2]) / 2, (points[i + 1] + points[i + 3]) / 2);
  if (last > start) path.lineTo(points[last], points[last + 1]);
  return path;
}

/** All rims first, so that none lies on a line. @param {CanvasRenderingContext2D} target @param {readonly Line[]} lines @param {number} scale */
function inkAll(target, lines, scale) {
  for (const [color, rim] of /** @type {[string, number][]} */ ([[LIGHT, RIM], [DARK, 0]]))
    for (const line of lines) stroke(target, kept(line), color, Math.max(line.width, THINNEST / scale) + (2 * rim) / scale);
}

/** @param {CanvasRenderingContext2D} target @param {Path2D} path @param {string} color @param {number} width */
function stroke(target, path, color, width) {
  target.strokeStyle = color;
  target.lineWidth = width;
  target.stroke(path);
}

/** @param {CanvasRenderingContext2D} target */
function wipe(target) {
  target.save();
  target.setTransform(1, 0, 0, 1, 0, 0);
  target.clearRect(0, 0, target.canvas.width, target.canvas.height);
  target.restore();
}
