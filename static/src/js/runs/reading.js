// Reads a log page by page until its end, and goes on when the server says that there is more, or after a while anyway. What it asks
// for is always the line after the last that it has.

import { listen } from "../notices.js";

const AGAIN_MS = 2000;
const OVER_MS = 15000;
const BROKEN_MS = 2000;

export class Reading {
  #address;
  #unlisten;
  #take;
  #timer = 0;
  #soon = 0;
  #isOver = false;
  #busy = false;
  #more = false;
  #stopped = false;
  #abort = new AbortController();

  // `next()` is the query to ask with; `take(page)` gets what came, or null when nothing did, and says whether to go on at once.
  constructor(address, source, next, take) {
    this.#address = address;
    this.next = next;
    this.#take = take;
    this.#unlisten = listen(source, () => this.#noticed());
    this.read();
  }

  stop() {
    this.#stopped = true;
    this.#unlisten();
    this.#abort.abort();
    clearTimeout(this.#timer);
    clearTimeout(this.#soon);
  }

  // Of a log that nobody writes to any more a notice says at most that another attempt began: many of them are one look.
  #noticed() {
    if (!this.#isOver) this.read();
    else if (!this.#soon) this.#soon = setTimeout(() => this.read(), AGAIN_MS);
  }

  async read() {
    // What is said while a page is on its way may be about the lines after it.
    if (this.#busy) this.#more = true;
    if (this.#busy || this.#stopped) return;
    this.#busy = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#soon);
    this.#soon = 0;
    let wait;
    do {
      this.#more = false;
      const page = await this.#page();
      if (this.#stopped) return;
      this.#isOver = page?.over ?? false;
      const goesOn = this.#take(page);
      this.#more ||= goesOn;
      wait = page ? (page.over ? OVER_MS : AGAIN_MS) : BROKEN_MS;
      if (!page) break;
    } while (this.#more);
    this.#busy = false;
    this.#timer = setTimeout(() => this.read(), wait);
  }

  async #page() {
    try {
      const response = await fetch(`${this.#address}?${new URLSearchParams(this.next())}`, {
        headers: { Accept: "application/json" },
        signal: this.#abort.signal,
      });
      return response.ok ? await response.json() : null;
    } catch {
      return null;
    }
  }
}
