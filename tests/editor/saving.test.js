import assert from "node:assert/strict";
import { test } from "node:test";
import { commandLine } from "../../src/retoucher/editor/commandline.js";
import { renamed } from "../../src/retoucher/editor/panels/download.js";

test("a saved file never has the name of the photo it was made of", () => {
  for (const name of ["photo.jpg", "photo", ".hidden", "a.b.tar.png", "照片.heic"]) assert.notEqual(renamed(name, "-retouched"), name);
});

test("the addition comes before the suffix, which is the photo's unless another kind of file was chosen", () => {
  assert.equal(renamed("IMG_1.JPG", "-retouched"), "IMG_1-retouched.JPG");
  assert.equal(renamed("a.b.heic", "-retouched", ".png"), "a.b-retouched.png");
  assert.equal(renamed("photo", "-retouched", ".png"), "photo-retouched.png");
  assert.equal(renamed(".hidden", "-retouched"), ".hidden-retouched");
});

test("the command line names each kind of photo once, and only options that were chosen", () => {
  const line = commandLine(["a.jpg", "b.jpg", "c.PNG"], { model: "lama", grow: 8, opaque: false, weights: "" }, true);
  assert.equal(line, "retoucher inpaint *.PNG *.jpg --mask mask.png --output cleaned/ --model lama --grow 8");
});

test("what is switched on and off stands in the command line", () => {
  assert.equal(commandLine(["a.tif"], { opaque: true }, false), "retoucher inpaint *.tif --mask mask.png --output cleaned/ --opaque --no-mark");
});

test("no file name and no option can bring another command into the line", () => {
  assert.equal(commandLine(["x.$(touch y)", "a.jpg"], {}, true), "retoucher inpaint *.jpg --mask mask.png --output cleaned/");
  assert.match(commandLine(["a.jpg"], { weights: "x; it's" }, true), /--weights 'x; it'\\''s'$/);
});
