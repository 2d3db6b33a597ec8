/** Modes in the order of their keys. */
export const MODES = /** @type {const} */ ([
  { name: "remove", word: "mode.remove" },
  { name: "fill", word: "mode.fill" },
  { name: "face", word: "mode.face" },
  { name: "paint-in", word: "mode.paintin" },
  { name: "person", word: "mode.person" },
]);

/** Whether a mode takes out what is marked; others have panels of their own. @param {import("./workplace.js").Mode} mode */
export const isFilling = (mode) => mode === "remove" || mode === "fill";
