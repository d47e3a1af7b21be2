// <trace-live>: a fragment that htmx polls. It says so when the server stops answering, instead of going on to show old numbers
// as if they were new, and it waits while nobody can see the page. With `source` the server says when to look as well: its notices
// carry nothing, so one that is lost costs no more than the time to the next poll.

class Live extends HTMLElement {
  #source;
  #failed = () => this.#show(true);
  #seen = () => document.hidden || this.#poll();

  connectedCallback() {
    this.addEventListener("htmx:config:request", this.#onRequest);
    this.addEventListener("htmx:error", this.#failed);
    this.addEventListener("htmx:response:error", this.#failed);
    this.addEventListener("htmx:after:swap", this.#onSwap);
    document.addEventListener("visibilitychange", this.#seen);
    if (this.hasAttribute("source")) this.#listen();
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.#seen);
    this.#source?.close();
  }

  // A fragment that is exchanged whole keeps this element, and with it the one connection.
  #listen() {
    this.#source = new EventSource(this.getAttribute("source"));
    this.#source.onmessage = () => document.hidden || this.#poll();
  }

  // A hidden page asks for nothing, and nothing is exchanged under somebody who is busy inside a dialog of the fragment.
  #onRequest = (event) => {
    if (event.target !== this) return;
    if (document.hidden || this.querySelector("dialog[open]")) event.preventDefault();
  };

  // Also fired when the answer was an error and nothing was exchanged.
  #onSwap = ({ detail }) => this.#show(detail.ctx.response.status >= 400);

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
