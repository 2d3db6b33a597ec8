import { element } from "../dom.js";

const LASTS = 60_000; // milliseconds after which a browser has surely begun to write the file

/**
 * Hand a file to the browser's own downloads.
 *
 * @param {Blob} blob
 * @param {string} name
 */
export function download(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = element("a", { href: url, download: name, hidden: true });
  document.body.append(link); // some browsers follow only links that are in the page
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), LASTS);
}

/**
 * A name for what was made of a photo: never the photo's own.
 *
 * @param {string} name of the photo
 * @param {string} addition "-retouched"
 * @param {string} [suffix] ".png" where the kind of file is another than the photo's
 */
export function renamed(name, addition, suffix = "") {
  const dot = name.lastIndexOf(".");
  const [stem, own] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
  return `${stem}${addition}${suffix || own}`;
}
