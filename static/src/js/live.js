// <trace-live>: a fragment that htmx polls. It says so when the server stops answering, instead of going on to show old numbers
// as if they were new, and it waits while nobody can see the page.

class Live extends HTMLElement {
  #failed = () => this.#show(true);
  #seen = () => document.hidden || this.#poll();

  connectedCallback() {
    this.addEventListener("htmx:config:request", this.#onRequest);
    this.addEventListener("htmx:error", this.#failed);
    this.addEventListener("htmx:response:error", this.#failed);
    this.addEventListener("htmx:after:swap", this.#onSwap);
    document.addEventListener("visibilitychange", this.#seen);
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.#seen);
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
