/** What the person has chosen, kept in this browser. Declared once, with what is chosen for them at first. */
const DEFAULTS = {
  theme: /** @type {"auto" | "light" | "dark"} */ ("auto"),
  language: "",
  brush: 40,
  pen: 2,
  tint: 24,
  wipe: 20,
  reach: 60,
  color: "#a0522d",
  palette: "",
  pressure: true,
  maskColor: "#ff3b6b",
  maskOpacity: 0.45,
  maskPattern: false,
  autoRemove: true,
  autoFill: false,
  autoFace: false,
  faceAgreed: false,
  personAgreed: false,
  person: "",
  loupe: true,
  keepSession: true,
  hintSeen: false,
  note: true,
  keepMask: true,
  autosave: false,
};

/** @typedef {typeof DEFAULTS} Values */

const PLACE = "retoucher-settings";

/** Settings that remember themselves and tell who listens. */
export class Settings extends EventTarget {
  /** @type {Values} */ #values = { ...DEFAULTS };

  constructor() {
    super();
    try {
      const kept = JSON.parse(localStorage.getItem(PLACE) ?? "{}");
      for (const name of /** @type {(keyof Values)[]} */ (Object.keys(DEFAULTS)))
        if (typeof kept[name] === typeof DEFAULTS[name]) Object.assign(this.#values, { [name]: kept[name] });
    } catch {
      // a browser that keeps nothing, or something else's value: the defaults do
    }
  }

  /**
   * @template {keyof Values} K
   * @param {K} name
   */
  get(name) {
    return this.#values[name];
  }

  /**
   * @template {keyof Values} K
   * @param {K} name
   * @param {Values[K]} value
   */
  set(name, value) {
    if (this.#values[name] === value) return;
    this.#values[name] = value;
    try {
      localStorage.setItem(PLACE, JSON.stringify(this.#values));
    } catch {
      // not kept then: nothing else depends on it
    }
    this.dispatchEvent(new CustomEvent("change", { detail: name }));
  }
}
