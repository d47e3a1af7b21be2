// The tabs Plan and Diff: asked from the server when they are opened, and again when the text has changed and was checked.

import { ask } from "./server.js";

const OLD = "The text has changed since this was shown.";

export class Looking {
  #asked = new Map();
  #tab = null;
  #compared = null;

  constructor({ plan, diff, parts, host }) {
    Object.assign(this, { plan, diff, parts, host });
    for (const choice of host.querySelectorAll("[data-diff]"))
      choice.addEventListener("click", () => this.#choose(choice.dataset.diff));
  }

  open(tab) {
    this.#tab = tab;
    this.refresh();
  }

  refresh() {
    const { doc } = this.host;
    const tab = this.#tab;
    if (!["plan", "diff"].includes(tab) || this.#asked.get(tab) === doc) return;
    this.#asked.set(tab, doc);
    return tab === "plan" ? this.#showPlan(doc) : this.#showDiff(doc);
  }

  // Until the server has answered about it, what is shown is of the text before.
  changed() {
    for (const tab of this.#asked.keys()) this.parts[`${tab}-said`].textContent = OLD;
  }

  async #showPlan(doc) {
    const html = await this.#answer("plan", this.parts["plan-said"], this.plan, doc);
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

  async #showDiff(doc) {
    const found = await this.#answer("diff", this.parts["diff-said"], this.diff, doc);
    if (found === null) return;
    const { old: before, new: after } = found.text;
    if (before === after)
      this.parts["diff-said"].textContent = "The text is that of the active version.";
    this.parts["diff-graph"].graph = found.graph ?? { nodes: [], edges: [] };
    const { compare } = await import("./merging.js");
    const label = "Changes against the active version, as text";
    // What somebody reads stays where it is.
    const { scrollTop } = this.parts["diff-text"];
    this.#compared?.destroy();
    this.#compared = compare(this.parts["diff-text"], { before, after, label });
    this.parts["diff-text"].scrollTop = scrollTop;
  }

  async #answer(tab, said, address, doc) {
    said.textContent = "Looking …";
    try {
      const answer = await ask(address, { body: { yaml: doc.toString(), dag: this.host.dag } });
      if (this.#asked.get(tab) !== doc) return null;
      said.textContent = this.host.doc === doc ? "" : OLD;
      return answer;
    } catch (error) {
      if (this.#asked.get(tab) !== doc) return null;
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
