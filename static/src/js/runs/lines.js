// The lines of a log by their numbers, and which of them a filter lets through. Line n lies at place n - first: a page is taken only
// where the one before ended, so that a connection that breaks loses no line and repeats none.

const WORDS = { d: "debug", i: "info", w: "warning", e: "error" };
const RANK = { d: 0, i: 1, w: 2, e: 3 };

export class Lines {
  first = 0;
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

  // The number of the line that comes next.
  get end() {
    return this.first + this.length;
  }

  // Where the line lies that stands at this row.
  place(row) {
    return this.#shown ? this.#shown[row] : row;
  }

  level(place) {
    return WORDS[this.levels[place]];
  }

  // False for a page that begins before this log ends.
  add({ from, at, levels, texts }) {
    if (from < this.end) return false;
    if (from > this.end) this.#begin(from);
    for (let index = 0; index < texts.length; index++) {
      const place = this.length;
      this.at.push(at[index]);
      this.levels.push(levels[index]);
      this.texts.push(texts[index]);
      if (this.firstError < 0 && levels[index] === "e") this.firstError = place;
      if (this.#shown && this.#matches(place)) this.#shown.push(place);
    }
    return true;
  }

  // The lines between are no longer kept, nor are those before them.
  #begin(first) {
    this.first = first;
    this.firstError = -1;
    for (const lines of [this.at, this.levels, this.texts, this.#shown ?? []]) lines.length = 0;
  }

  // `least`: a letter of a level; `text`: found anywhere, whatever its case.
  filter(text, least) {
    this.#wanted = { text: text.toLowerCase(), rank: RANK[least] ?? 0 };
    if (!this.#wanted.text && !this.#wanted.rank) this.#shown = null;
    else this.#shown = [...this.texts.keys()].filter((place) => this.#matches(place));
  }

  #matches(place) {
    const { text, rank } = this.#wanted;
    if (RANK[this.levels[place]] < rank) return false;
    return !text || this.texts[place].toLowerCase().includes(text);
  }
}
