// The dialogs that ask what a graph edit needs: which operator, which jobs, which name, and whether to delete.

import { button, element, said } from "../nodes.js";
import { operatorFacts } from "./vocabulary.js";

export class Asking {
  #operators = [];

  constructor({ parts, dialogs, edits, vocabulary, jobs, sources, outputsOf }) {
    Object.assign(this, { parts, dialogs, edits, vocabulary, jobs, sources, outputsOf });
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
    this.parts["add-find"].value = "";
    this.#list();
    this.dialogs.add.showModal();
    this.parts["add-find"].focus();
    // Whoever is quicker than the catalogue sees it come.
    this.vocabulary.ready.then(() => this.#list(), this.edits.onFailure);
  }

  connect(from, to = null) {
    const { elements } = this.parts["connect-form"];
    const jobs = this.jobs().filter(({ group }) => !group);
    elements.from.replaceChildren(...this.sources().map(({ id, name }) => option(id, name)));
    elements.to.replaceChildren(...jobs.map(({ id, name }) => option(id, name)));
    elements.from.value = from.id;
    elements.to.value = to?.id ?? jobs.find(({ id }) => id !== from.id)?.id;
    this.#fillOutputs();
    this.dialogs.connect.showModal();
  }

  // Drawn with the mouse: asked only when there is a choice.
  connectDrawn({ from, to }) {
    if (this.outputsOf(from) > 1) this.connect(from, to);
    else this.#connectNodes(from, 0, to);
  }

  disconnect({ from, output, to }) {
    const edit = { kind: "disconnect", ...ends(from, Number(output), to) };
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

  #list() {
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
    const count = this.outputsOf(this.#source(from.value));
    const all = Array.from({ length: count }, (_, at) => option(String(at), String(at)));
    output.replaceChildren(...all);
  }

  #connect() {
    const { from, output, to } = this.parts["connect-form"].elements;
    const reader = this.jobs().find(({ id }) => id === to.value);
    if (reader) this.#connectNodes(this.#source(from.value), Number(output.value), reader);
  }

  #connectNodes(from, output, to) {
    const edit = { kind: "connect", ...ends(from, output, to) };
    return this.edits.apply(edit, `${to.name} reads from ${from.name}.`);
  }

  #source(wanted) {
    return this.sources().find(({ id }) => id === wanted);
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

function ends(from, output, to) {
  const isJob = from.kind === "job" || from.kind === "missing";
  return {
    from: from.name,
    to: to.name,
    output: isJob ? output : 0,
    ...(isJob ? {} : { dataset: true }),
  };
}

const option = (value, text) => element("option", { value }, text);
