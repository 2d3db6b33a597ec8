/** What the editor makes of cases that come as JSON on standard input; the answers go out as JSON. Bytes are base64. */
import { readFileSync } from "node:fs";

import { grow } from "../../src/retoucher/editor/geometry/grow.js";
import { Mask } from "../../src/retoucher/editor/geometry/mask.js";
import { decodeMaskPng, encodeMaskPng } from "../../src/retoucher/editor/geometry/png.js";
import { drawStroke } from "./reference.js";

const bytes = (text) => new Uint8Array(Buffer.from(text, "base64"));
const text = (data) => Buffer.from(data).toString("base64");
const maskOf = ({ width, height, data }) => new Mask(width, height, bytes(data));
const answerOf = ({ width, height, data }) => ({ width, height, data: text(data) });

const WORK = {
  strokes({ width, height, strokes }) {
    const mask = Mask.none(width, height);
    for (const stroke of strokes) {
      const points = stroke.points.map(([x, y]) => ({ x, y, radius: stroke.width / 2 }));
      drawStroke(mask, points, 1);
    }
    return answerOf(mask);
  },
  grow: (given) => answerOf(grow(maskOf(given), given.pixels)),
  encode: async (given) => ({ file: text(await encodeMaskPng(maskOf(given))) }),
  decode: async ({ file }) =>
    decodeMaskPng(bytes(file)).then(answerOf, (error) => ({ refused: error.message })),
};

const cases = JSON.parse(readFileSync(0, "utf8"));
const answers = [];
for (const { work, ...given } of cases) answers.push(await WORK[work](given));
process.stdout.write(JSON.stringify(answers));
