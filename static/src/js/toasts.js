// <trace-toasts>: short notes about things done elsewhere. A response sends one with the header HX-Trigger:
// {"trace:toast": {"text": "…", "state": "ok"}}. Errors stay until they are closed.

import { announce } from "./announce.js";

class Toasts extends HTMLElement {
  connectedCallback() {
    document.addEventListener("trace:toast", (event) => this.#show(event.detail));
    this.addEventListener("click", (event) =>
      event.target.closest("button")?.closest(".toast")?.remove(),
    );
  }

  #show({ text, state = "ok" }) {
    const toast = this.querySelector(
      `template[data-state="${CSS.escape(state)}"]`,
    ).content.firstElementChild.cloneNode(true);
    toast.querySelector("p").textContent = text;
    this.append(toast);
    announce(text);
    if (state === "ok") setTimeout(() => toast.remove(), 6000);
  }
}

customElements.define("trace-toasts", Toasts);
