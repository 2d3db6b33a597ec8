/** @template T @typedef {{readonly state: T, readonly name: string}} Entry */

/**
 * Undo and redo as a list of states with names. States are never copied or changed, only replaced.
 *
 * @template T
 */
export class History {
  /** @type {readonly Entry<T>[]} */ #entries;
  #index = 0;
  #limit;

  /**
   * @param {T} state the first one
   * @param {string} name what made it
   * @param {number} [limit] how many entries are kept; the oldest go first
   */
  constructor(state, name, limit = 200) {
    this.#entries = [{ state, name }];
    this.#limit = Math.max(limit, 1);
  }

  /** The present state. */
  get now() {
    return this.#entries[this.#index].state;
  }

  /** Which entry is present. */
  get index() {
    return this.#index;
  }

  /** All entries, oldest first; a new list whenever one changes. */
  get entries() {
    return this.#entries;
  }

  get canUndo() {
    return this.#index > 0;
  }

  get canRedo() {
    return this.#index < this.#entries.length - 1;
  }

  /**
   * A new state after the present one; what could be redone is gone.
   *
   * @param {T} state
   * @param {string} name
   */
  push(state, name) {
    this.#entries = [...this.#entries.slice(0, this.#index + 1), { state, name }].slice(-this.#limit);
    this.#index = this.#entries.length - 1;
    return state;
  }

  undo() {
    return this.jump(this.#index - 1);
  }

  redo() {
    return this.jump(this.#index + 1);
  }

  /**
   * To any entry; beyond the ends, to the nearest.
   *
   * @param {number} index
   */
  jump(index) {
    this.#index = Math.min(Math.max(index, 0), this.#entries.length - 1);
    return this.now;
  }

  /**
   * Another state for the present entry, under the same name.
   *
   * @param {T} state
   */
  replace(state) {
    this.#entries = this.#entries.map((entry, i) => (i === this.#index ? { state, name: entry.name } : entry));
    return state;
  }
}
