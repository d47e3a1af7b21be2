// <trace-palette>: filters and runs the commands that the server wrote into the list. A combobox with a listbox: focus stays in
// the input, aria-activedescendant names the choice.

class Palette extends HTMLElement {
  connectedCallback() {
    this.dialog = this.closest("dialog");
    this.input = this.querySelector("[role=combobox]");
    this.list = this.querySelector("[role=listbox]");
    this.none = this.querySelector("[data-none]");
    this.options = [...this.list.querySelectorAll("[role=option]")];
    this.input.addEventListener("input", () => this.#filter());
    this.input.addEventListener("keydown", (event) => this.#onKey(event));
    this.list.addEventListener("click", (event) =>
      this.#run(event.target.closest("[role=option]")),
    );
    this.list.addEventListener("pointermove", (event) =>
      this.#choose(event.target.closest("[role=option]")),
    );
    this.dialog.addEventListener("trace:open", () => this.#reset());
  }

  #reset() {
    this.input.value = "";
    this.#filter();
    this.input.focus();
  }

  #filter() {
    const words = this.input.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const option of this.options) {
      // At the start of a word: “s” means SQL and Sign out, not every name with an s in it.
      const text = ` ${option.dataset.words}`;
      option.hidden = !words.every((word) => text.includes(` ${word}`));
    }
    for (const group of this.list.querySelectorAll("[role=group]")) {
      group.hidden = !group.querySelector("[role=option]:not([hidden])");
    }
    const shown = this.#shown();
    this.none.hidden = shown.length > 0;
    this.#choose(shown[0]);
  }

  #shown() {
    return this.options.filter((option) => !option.hidden);
  }

  #choose(option) {
    if (!option && this.#shown().length) return;
    for (const other of this.options) other.setAttribute("aria-selected", String(other === option));
    if (option) this.input.setAttribute("aria-activedescendant", option.id);
    else this.input.removeAttribute("aria-activedescendant");
    this.chosen = option;
  }

  #onKey(event) {
    const shown = this.#shown();
    const here = shown.indexOf(this.chosen);
    const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: shown.length - 1 }[
      event.key
    ];
    if (event.key === "Enter") {
      event.preventDefault();
      this.#run(this.chosen);
    } else if (to !== undefined && shown.length && !this.#isEditing(event)) {
      event.preventDefault();
      this.#choose(shown[(to + shown.length) % shown.length]);
      this.chosen.scrollIntoView({ block: "nearest" });
    }
  }

  // Home and End belong to the text as long as there is some.
  #isEditing({ key }) {
    return (key === "Home" || key === "End") && this.input.value !== "";
  }

  #run(option) {
    if (!option) return;
    this.dialog.close();
    const { href, press } = option.dataset;
    if (href) location.assign(href);
    else document.getElementById(press)?.click();
  }
}

customElements.define("trace-palette", Palette);
