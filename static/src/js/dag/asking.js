// The dialogs that ask what a graph edit needs: which operator, which jobs, which name, and whether to delete.

import { button, element } from "../nodes.js";
import { operatorFacts } from "./vocabulary.js";

export class Asking {
  #operators = [];

  constructor({ parts, dialogs, edits, vocabulary, jobs, outputsOf }) {
    Object.assign(this, { parts, dialogs, edits, vocabulary, jobs, outputsOf });
    parts["add-find"].addEventListener("input", () => this.#filter());
    parts["connect-form"].addEventListener("submit", () => this.#connect());
    parts["connect-form"].elements.from.addEventListener("change", () => this.#fillOutputs());
    parts["rename-form"].addEventListener("submit", () => this.#rename());
    parts["delete-form"].addEventListener("submit", () => this.#delete());
  }

  add(after = null) {
    const names = this.jobs().map(({ name }) => option(name, name));
    this.parts["add-after"].replaceChildren(option("", "nothing"), ...names);
    this.parts["add-after"].value = after?.name ?? "";
    this.#operators = this.vocabulary.operatorNames().map((name) => this.#operator(name));
    this.parts["add-list"].replaceChildren(...this.#operators.map(({ item }) => item));
    this.parts["add-find"].value = "";
    this.#filter();
    this.dialogs.add.showModal();
    this.parts["add-find"].focus();
  }

  connect(from, to = null) {
    const { elements } = this.parts["connect-form"];
    const jobs = this.jobs();
    elements.from.replaceChildren(...jobs.map(({ name }) => option(name, name)));
    elements.to.replaceChildren(...jobs.map(({ name }) => option(name, name)));
    elements.from.value = from?.name ?? jobs[0]?.name;
    elements.to.value = to?.name ?? jobs.find(({ name }) => name !== from?.name)?.name;
    this.#fillOutputs();
    this.dialogs.connect.showModal();
  }

  // Drawn with the mouse: asked only when there is a choice.
  connectDrawn({ from, to }) {
    if (this.outputsOf(from) > 1) this.connect(from, to);
    else this.#connectNamed(from.name, 0, to.name);
  }

  disconnect({ from, output, to }) {
    const edit = { kind: "disconnect", from: from.name, output: Number(output), to: to.name };
    return this.edits.apply(edit, `${to.name} no longer reads from ${from.name}.`);
  }

  rename(job) {
    const { name } = this.parts["rename-form"].elements;
    this.job = job;
    name.value = job.name;
    this.dialogs.rename.showModal();
    name.select();
  }

  delete(job, readers) {
    this.job = job;
    const names = readers.map(({ name }) => element("li", { class: "mono" }, name));
    this.parts["delete-readers"].replaceChildren(
      ...(names.length
        ? [
            element(
              "p",
              {},
              `These depend on ${job.name} and will have problems until you change them:`,
            ),
            element("ul", {}, ...names),
          ]
        : [element("p", {}, "Nothing depends on it.")]),
    );
    this.parts["delete-go"].textContent = `Delete ${job.name}`;
    this.dialogs.delete.showModal();
  }

  #operator(name) {
    const operator = this.vocabulary.operators[name];
    const go = button("", { class: "operator", disabled: !operator.available });
    go.append(
      element("strong", { class: "mono" }, name),
      element("span", {}, operator.summary),
      element("span", { class: "quiet small" }, operatorFacts(operator)),
    );
    if (!operator.available) go.append(element("span", { class: "tag" }, "not available here"));
    go.addEventListener("click", () => this.#add(name));
    const words = `${name.replaceAll("_", " ")} ${name} ${operator.summary}`.toLowerCase();
    return { item: element("li", {}, go), words };
  }

  #filter() {
    const wanted = this.parts["add-find"].value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const { item, words } of this.#operators)
      item.hidden = !wanted.every((word) => words.includes(word));
    this.parts["add-none"].hidden = this.#operators.some(({ item }) => !item.hidden);
  }

  #add(operator) {
    const after = this.parts["add-after"].value || null;
    this.dialogs.add.close();
    return this.edits.apply(
      { kind: "add_job", operator, after },
      `A job with ${operator} was added.`,
    );
  }

  #fillOutputs() {
    const { from, output } = this.parts["connect-form"].elements;
    const job = this.jobs().find(({ name }) => name === from.value);
    const count = Math.max(job ? this.outputsOf(job) : 1, 1);
    const all = Array.from({ length: count }, (_, at) => option(String(at), String(at)));
    output.replaceChildren(...all);
  }

  #connect() {
    const { from, output, to } = this.parts["connect-form"].elements;
    return this.#connectNamed(from.value, Number(output.value), to.value);
  }

  #connectNamed(from, output, to) {
    return this.edits.apply({ kind: "connect", from, output, to }, `${to} reads from ${from}.`);
  }

  #rename() {
    const name = this.parts["rename-form"].elements.name.value.trim();
    if (!name || name === this.job.name) return;
    const edit = { kind: "rename_job", job: this.job.name, name };
    return this.edits.apply(edit, `${this.job.name} is now ${name}.`);
  }

  #delete() {
    return this.edits.apply(
      { kind: "delete_job", job: this.job.name },
      `${this.job.name} was deleted.`,
    );
  }
}

const option = (value, text) => element("option", { value }, text);
