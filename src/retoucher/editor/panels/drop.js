/** Files that are dropped or pasted, folders included. */
import { find } from "../dom.js";

/** @param {import("../app.js").App} app */
export function buildDrop(app) {
  const stage = find("stage", HTMLElement);
  addEventListener("dragover", (event) => {
    event.preventDefault();
    stage.classList.add("dropping");
  });
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) stage.classList.remove("dropping");
  });
  addEventListener("drop", (event) => {
    event.preventDefault();
    stage.classList.remove("dropping");
    if (document.querySelector("dialog[open]")) return;
    void dropped(event.dataTransfer).then((files) => app.receive(files));
  });
  addEventListener("paste", (event) => {
    if (event.target instanceof HTMLInputElement || document.querySelector("dialog[open]")) return;
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length) void app.receive(files);
  });
}

/** Whether a file may be a photo, as far as its name and kind tell. @param {File} file */
export const isPhoto = (file) => file.type.startsWith("image/") || /\.(heic|heif|avif|tiff?|webp|jpe?g|png|bmp)$/i.test(file.name);

/** The files that were dropped, in the order of their names. @param {DataTransfer | null} transfer @returns {Promise<File[]>} */
export async function dropped(transfer) {
  if (!transfer) return [];
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.() ?? null); // only until the first await
  const plain = [...transfer.files];
  if (!entries.some((entry) => entry?.isDirectory)) return plain;
  const files = await Promise.all(entries.map((entry) => (entry ? within(entry) : [])));
  return files.flat().sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
}

/** All files in a folder, and in its folders. @param {FileSystemEntry} entry @returns {Promise<File[]>} */
async function within(entry) {
  if (entry.isFile) return [await new Promise((resolve, reject) => /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject))];
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  const files = [];
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)); // a hundred at a time
    if (!some.length) return files;
    for (const each of some) files.push(...(await within(each)));
  }
}
