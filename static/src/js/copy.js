// <trace-copy value="…">: puts its value on the clipboard and says so, to eyes and to screen readers.

import { announce } from "./announce.js";

class Copy extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this.#copy);
  }

  #copy = async (event) => {
    if (!event.target.closest("button")) return;
    event.stopPropagation();
    try {
      await navigator.clipboard.writeText(this.getAttribute("value"));
    } catch {
      // Refused, or a page without https: select nothing, but do not pretend.
      announce("The browser did not allow copying.");
      return;
    }
    announce("Copied.");
    this.classList.add("copied");
    setTimeout(() => this.classList.remove("copied"), 1500);
  };
}

customElements.define("trace-copy", Copy);
