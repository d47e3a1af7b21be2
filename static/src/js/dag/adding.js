// “Add job …”: which operator, and what the new job reads from. Those that run in this version come first.

import { button, element, icon, said } from "../nodes.js";
import { operatorFacts } from "./vocabulary.js";

export class Adding {
  #operators = [];

  constructor({ parts, dialog, edits, vocabulary, nodes }) {
    Object.assign(this, { parts, dialog, edits, vocabulary, nodes });
    parts["add-find"].addEventListener("input", () => this.#filter());
    parts["add-find"].addEventListener("keydown", (event) => this.#onKey(event));
    parts["add-after"].addEventListener("change", () => (parts["add-needs"].hidden = true));
  }

  ask(after) {
    this.parts["add-find"].value = "";
    this.#fill(after);
    this.dialog.showModal();
    this.parts["add-find"].focus();
    // Whoever is quicker than the catalogue sees it come.
    this.vocabulary.ready.then(() => this.#fill(after), this.edits.onFailure);
  }

  #fill(after) {
    const jobs = this.nodes.jobs().filter(({ group }) => !group);
    this.parts["add-after"].replaceChildren(
      option("", "nothing"),
      ...group("Jobs", "job", jobs),
      ...group("Datasets", "dataset", this.vocabulary.datasets),
    );
    this.parts["add-after"].value = after ? `job:${after.name}` : "";
    this.parts["add-needs"].hidden = true;
    this.#operators = this.vocabulary.operatorNames().map((name) => this.#operator(name));
    this.parts["add-list"].replaceChildren(...this.#operators.map(({ item }) => item));
    this.#filter();
  }

  #operator(name) {
    const operator = this.vocabulary.operators[name];
    const go = button("", { class: "operator" });
    go.append(
      element("strong", { class: "mono" }, name),
      element("span", {}, ...said(operator.summary)),
      element("span", { class: "quiet small" }, operatorFacts(operator)),
    );
    if (!operator.available)
      go.append(element("span", { class: "tag" }, "cannot be activated here yet"));
    go.addEventListener("click", () => this.#add(name));
    const words = `${name.replaceAll("_", " ")} ${name} ${operator.summary}`.toLowerCase();
    return { name, item: element("li", {}, go), words };
  }

  #filter() {
    const wanted = this.parts["add-find"].value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const { item, words } of this.#operators)
      item.hidden = !wanted.every((word) => words.includes(word));
    this.parts["add-none"].hidden = this.#operators.some(({ item }) => !item.hidden);
  }

  // Enter of whoever is quicker than the catalogue waits for it.
  #onKey(event) {
    if (event.key !== "Enter") return;
    event.preventDefault();
    this.vocabulary.ready.then(() => this.#take(), this.edits.onFailure);
  }

  // The one that is left, or the one whose whole name was typed.
  #take() {
    if (!this.dialog.open) return;
    const left = this.#operators.filter(({ item }) => !item.hidden);
    const typed = this.parts["add-find"].value.trim().toLowerCase();
    const [one] = left.length === 1 ? left : left.filter(({ name }) => name === typed);
    if (one) this.#add(one.name);
  }

  #add(operator) {
    const [kind, name] = this.parts["add-after"].value.split(":");
    if (!name && this.#mustRead(operator)) return this.#askWhat(operator);
    this.dialog.close();
    const reads = name ? { [kind === "job" ? "after" : "dataset"]: name } : {};
    return this.edits.apply(
      { kind: "add_job", operator, ...reads },
      `A job with ${operator} was added.`,
    );
  }

  #mustRead(operator) {
    return !this.vocabulary.operators[operator].activations.includes("source");
  }

  #askWhat(operator) {
    const [after, needs] = [this.parts["add-after"], this.parts["add-needs"]];
    const isEmpty = after.options.length === 1;
    const todo = isEmpty ? "There is nothing to read yet: add a source first." : "Choose what.";
    needs.replaceChildren(
      icon("circle-alert"),
      ...said(`\`${operator}\` has to read something. ${todo}`),
    );
    needs.hidden = false;
    if (!isEmpty) after.focus();
  }
}

function group(label, kind, found) {
  const options = found.map(({ name }) => option(`${kind}:${name}`, name));
  return options.length ? [element("optgroup", { label }, ...options)] : [];
}

export const option = (value, text) => element("option", { value }, text);
