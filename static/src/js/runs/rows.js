// A list of rows of one height, of which only those in sight are nodes.

import { element } from "../nodes.js";

const SPARE = 12;

export class Rows {
  #view;
  #size;
  #sheet;
  #draw;
  #height = 0;
  #drawn = "";
  #frame = 0;
  count = 0;

  // `draw(row)` makes the node of a row.
  constructor(view, draw) {
    this.#view = view;
    this.#draw = draw;
    this.#sheet = element("div", { class: "rows-sheet" });
    this.#size = element("div", { class: "rows-size" }, this.#sheet);
    view.append(this.#size);
    view.addEventListener("scroll", () => this.#later(), { passive: true });
    new ResizeObserver(() => this.#later()).observe(view);
  }

  get overflow() {
    return this.#view.scrollHeight > this.#view.clientHeight;
  }

  get isAtEnd() {
    return this.#view.scrollTop + this.#view.clientHeight >= this.#view.scrollHeight - 4;
  }

  // After every change of what the rows show.
  show(count) {
    this.count = count;
    this.#drawn = "";
    this.#later();
  }

  toEnd() {
    this.#resize();
    this.#view.scrollTop = this.#view.scrollHeight;
  }

  to(row) {
    this.#resize();
    this.#view.scrollTop = Math.max(0, row * this.#rowHeight() - this.#view.clientHeight / 3);
  }

  #later() {
    if (!this.#frame)
      this.#frame = requestAnimationFrame(() => {
        this.#frame = 0;
        this.#paint();
      });
  }

  #paint() {
    this.#resize();
    const height = this.#rowHeight();
    const first = Math.max(0, Math.floor(this.#view.scrollTop / height) - SPARE);
    const fit = Math.ceil(this.#view.clientHeight / height) + 2 * SPARE;
    const last = Math.min(this.count, first + fit);
    const wanted = `${first}-${last}`;
    if (wanted === this.#drawn) return;
    this.#drawn = wanted;
    this.#sheet.style.transform = `translateY(${first * height}px)`;
    this.#sheet.replaceChildren(
      ...Array.from({ length: last - first }, (_, at) => this.#draw(first + at)),
    );
  }

  #resize() {
    this.#size.style.height = `${this.count * this.#rowHeight()}px`;
  }

  // As the style sheet has it.
  #rowHeight() {
    this.#height ||=
      Number.parseFloat(getComputedStyle(this.#view).getPropertyValue("--log-row")) || 20;
    return this.#height;
  }
}
