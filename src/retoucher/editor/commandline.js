/**
 * What fills many photos with one mask in a terminal: in the photos' folder, with the mask beside them.
 *
 * @param {string[]} names of the photos
 * @param {Record<string, unknown>} options of the edit
 * @param {boolean} mark whether it is noted in the files that they were edited
 */
export function commandLine(names, options, mark) {
  const suffixes = names.map((name) => /\.\w+$/.exec(name)?.[0] ?? "").filter(Boolean);
  const photos = [...new Set(suffixes)].sort().map((suffix) => `*${suffix}`);
  const chosen = Object.entries(options).flatMap(([name, value]) => argument(`--${name.replaceAll("_", "-")}`, value));
  return ["retoucher inpaint", ...photos, "--mask mask.png", "--output cleaned/", ...chosen, ...(mark ? [] : ["--no-mark"])].join(" ");
}

/** @param {string} name @param {unknown} value */
function argument(name, value) {
  if (value === true) return [name];
  if (value === false || value === "") return []; // what they are unless given
  return [`${name} ${quoted(String(value))}`];
}

/** A value as every shell takes it for one word. @param {string} text */
function quoted(text) {
  return /^[\w.,:/-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
