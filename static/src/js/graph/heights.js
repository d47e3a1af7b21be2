// How high each row of a long table is: a guess until the row was drawn, and then what it measured.

const GUESS = 28;

export class Heights {
  #all;
  #tops;

  constructor(count) {
    this.#all = new Array(count).fill(GUESS);
    this.#add();
  }

  get total() {
    return this.#tops.at(-1);
  }

  top(row) {
    return this.#tops[Math.min(row, this.#all.length)];
  }

  // The row that lies at this offset.
  at(offset) {
    let [from, to] = [0, Math.max(0, this.#all.length - 1)];
    while (from < to) {
      const middle = Math.ceil((from + to) / 2);
      if (this.#tops[middle] <= offset) from = middle;
      else to = middle - 1;
    }
    return from;
  }

  // How many rows from this one on fill so much room, less one that is seen again.
  count(row, room) {
    return Math.max(1, this.at(this.top(Math.max(row, 0)) + room) - row - 2);
  }

  // Rows that are hidden measure nothing, and teach nothing.
  learn(from, measured) {
    const isNew = measured.some((height, at) => height && height !== this.#all[from + at]);
    if (!isNew) return;
    measured.forEach((height, at) => (this.#all[from + at] = height || GUESS));
    this.#add();
  }

  #add() {
    this.#tops = [0];
    for (const height of this.#all) this.#tops.push(this.#tops.at(-1) + height);
  }
}
