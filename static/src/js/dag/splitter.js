// A line between two parts that is moved with the mouse or with arrows. The share of the first part is kept in this browser.

import { store, stored } from "../stored.js";

const LEAST = 15;
const MOST = 85;
const STEP = 2;

export class Splitter {
  constructor(line, { host, property, start }) {
    Object.assign(this, { line, host, property });
    this.isRow = line.getAttribute("aria-orientation") === "horizontal";
    this.key = `trace:split${property}`;
    line.setAttribute("aria-valuemin", LEAST);
    line.setAttribute("aria-valuemax", MOST);
    this.#set(Number(stored(this.key)) || start);
    line.addEventListener("keydown", (event) => this.#onKey(event));
    line.addEventListener("pointerdown", (event) => this.#onDown(event));
  }

  #set(share) {
    this.share = Math.round(Math.min(Math.max(share, LEAST), MOST));
    this.host.style.setProperty(this.property, `${this.share}%`);
    this.line.setAttribute("aria-valuenow", this.share);
  }

  #keep(share) {
    this.#set(share);
    store(this.key, this.share);
  }

  #onKey(event) {
    const [less, more] = this.isRow ? ["ArrowUp", "ArrowDown"] : ["ArrowLeft", "ArrowRight"];
    const steps = { [less]: this.share - STEP, [more]: this.share + STEP, Home: LEAST, End: MOST };
    if (!(event.key in steps)) return;
    event.preventDefault();
    this.#keep(steps[event.key]);
  }

  #onDown(event) {
    event.preventDefault();
    this.line.focus();
    this.line.setPointerCapture(event.pointerId);
    const move = ({ clientX, clientY }) => {
      const { width, height } = this.host.getBoundingClientRect();
      const first = this.line.previousElementSibling.getBoundingClientRect();
      const [length, whole] = this.isRow
        ? [clientY - first.top, height]
        : [clientX - first.left, width];
      this.#keep((100 * length) / whole);
    };
    this.line.addEventListener("pointermove", move);
    const end = () => this.line.removeEventListener("pointermove", move);
    this.line.addEventListener("lostpointercapture", end, { once: true });
  }
}
