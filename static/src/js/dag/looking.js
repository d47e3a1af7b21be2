// The tabs Plan and Diff: asked from the server when they are opened, and again when the text has changed since.

import { ask } from "./server.js";

export class Looking {
  #asked = new Map();

  constructor({ plan, diff, parts, host }) {
    Object.assign(this, { plan, diff, parts, host });
    for (const choice of host.querySelectorAll("[data-diff]"))
      choice.addEventListener("click", () => this.#choose(choice.dataset.diff));
  }

  open(tab) {
    const { text } = this.host;
    if (!["plan", "diff"].includes(tab) || this.#asked.get(tab) === text) return;
    this.#asked.set(tab, text);
    return tab === "plan" ? this.#showPlan(text) : this.#showDiff(text);
  }

  async #showPlan(text) {
    const html = await this.#answer("plan", this.parts["plan-said"], this.plan, text);
    if (html === null) return;
    // htmx is the one place where text becomes markup.
    const { plan } = this.parts;
    await window.htmx.swap({
      sourceElement: plan,
      target: plan,
      swap: "innerHTML",
      text: html,
      hx: {},
    });
  }

  async #showDiff(text) {
    const found = await this.#answer("diff", this.parts["diff-said"], this.diff, text);
    if (found === null) return;
    const { old: before, new: after } = found.text;
    this.parts["diff-said"].textContent =
      before === after ? "The text is that of the active version." : "";
    this.parts["diff-graph"].graph = found.graph ?? { nodes: [], edges: [] };
    const { compare } = await import("./merging.js");
    const label = "Changes against the active version, as text";
    compare(this.parts["diff-text"], { before, after, label });
  }

  async #answer(tab, said, address, text) {
    said.textContent = "Looking …";
    try {
      const answer = await ask(address, { body: { yaml: text, dag: this.host.dag } });
      if (this.#asked.get(tab) !== text) return null;
      said.textContent = "";
      return answer;
    } catch (error) {
      this.#asked.delete(tab);
      said.textContent = error.message;
      return null;
    }
  }

  #choose(what) {
    for (const choice of this.host.querySelectorAll("[data-diff]"))
      choice.setAttribute("aria-pressed", String(choice.dataset.diff === what));
    this.parts["diff-text"].hidden = what !== "text";
    this.parts["diff-graph"].hidden = what !== "graph";
  }
}
