// The lines of a log by their numbers, and which of them a filter lets through. Line n lies at place n: a page is taken only where
// the one before ended, so that a connection that breaks loses no line and repeats none.

const WORDS = { d: "debug", i: "info", w: "warning", e: "error" };
const RANK = { d: 0, i: 1, w: 2, e: 3 };

export class Lines {
  texts = [];
  levels = [];
  at = [];
  firstError = -1;
  #wanted = null;
  // The places that the filter lets through; null is all.
  #shown = null;

  get length() {
    return this.texts.length;
  }

  get count() {
    return this.#shown ? this.#shown.length : this.texts.length;
  }

  get isFiltered() {
    return this.#shown !== null;
  }

  // The number of the line that stands at this row.
  number(row) {
    return this.#shown ? this.#shown[row] : row;
  }

  // The row that a line stands at, or the next one after it.
  row(number) {
    if (!this.#shown) return number;
    const found = this.#shown.findIndex((one) => one >= number);
    return found < 0 ? this.#shown.length : found;
  }

  level(number) {
    return WORDS[this.levels[number]];
  }

  // False for a page that does not begin where this log ends.
  add(from, { at, levels, texts }) {
    if (from !== this.length) return false;
    for (let place = 0; place < texts.length; place++) {
      const number = from + place;
      this.at.push(at[place]);
      this.levels.push(levels[place]);
      this.texts.push(texts[place]);
      if (this.firstError < 0 && levels[place] === "e") this.firstError = number;
      if (this.#shown && this.#matches(number)) this.#shown.push(number);
    }
    return true;
  }

  // `least`: a letter of a level; `text`: found anywhere, whatever its case.
  filter(text, least) {
    this.#wanted = { text: text.toLowerCase(), rank: RANK[least] ?? 0 };
    if (!this.#wanted.text && !this.#wanted.rank) this.#shown = null;
    else this.#shown = [...this.texts.keys()].filter((number) => this.#matches(number));
  }

  #matches(number) {
    const { text, rank } = this.#wanted;
    if (RANK[this.levels[number]] < rank) return false;
    return !text || this.texts[number].toLowerCase().includes(text);
  }
}
