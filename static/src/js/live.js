// <trace-live>: a fragment that htmx polls. It says so when the server stops answering, instead of going on to show old numbers
// as if they were new, and it waits while nobody can see the page. With `source` the server says when to look as well: its notices
// carry nothing, so one that is lost costs no more than the time to the next poll. A fragment that is dear to make is asked for
// less often: between two answers to notices it rests three times as long as the last one took.

import { listen } from "./notices.js";

const REST = 3;

class Live extends HTMLElement {
  #unlisten;
  #asked = 0;
  #next = 0;
  #timer = 0;
  #failed = () => this.#show(true);
  #seen = () => document.hidden || this.#poll();

  connectedCallback() {
    this.addEventListener("htmx:config:request", this.#onRequest);
    this.addEventListener("htmx:error", this.#failed);
    this.addEventListener("htmx:response:error", this.#failed);
    this.addEventListener("htmx:after:swap", this.#onSwap);
    document.addEventListener("visibilitychange", this.#seen);
    // A fragment that is exchanged whole keeps this element, and with it what it listens to.
    if (this.hasAttribute("source"))
      this.#unlisten = listen(this.getAttribute("source"), () => this.#noticed());
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.#seen);
    this.#unlisten?.();
    clearTimeout(this.#timer);
  }

  // The last notice of many is answered too, when the rest is over.
  #noticed() {
    clearTimeout(this.#timer);
    const wait = this.#next - performance.now();
    if (wait > 0) this.#timer = setTimeout(() => this.#noticed(), wait);
    else if (!document.hidden) this.#poll();
  }

  // A hidden page asks for nothing, and nothing is exchanged under somebody who is busy inside a dialog of the fragment.
  #onRequest = (event) => {
    if (event.target !== this) return;
    if (document.hidden || this.querySelector("dialog[open]")) event.preventDefault();
    else this.#asked = performance.now();
  };

  // Also fired when the answer was an error and nothing was exchanged.
  #onSwap = ({ detail }) => {
    const now = performance.now();
    this.#next = now + REST * (now - this.#asked);
    this.#show(detail.ctx.response.status >= 400);
  };

  #poll() {
    this.dispatchEvent(new CustomEvent("trace:refresh"));
  }

  #show(stale) {
    const note = document.getElementById(this.getAttribute("stale-note"));
    if (note) note.hidden = !stale;
    this.toggleAttribute("data-stale", stale);
  }
}

customElements.define("trace-live", Live);
