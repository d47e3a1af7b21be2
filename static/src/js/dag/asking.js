// The dialogs that ask what a graph edit needs: which operator, which jobs, which name, and whether to delete.

import { refusal } from "../graph/refusing.js";
import { element, icon, said } from "../nodes.js";
import { Adding, option } from "./adding.js";

export class Asking {
  constructor({ parts, dialogs, edits, vocabulary, nodes }) {
    Object.assign(this, { parts, dialogs, edits, nodes });
    this.adding = new Adding({ parts, dialog: dialogs.add, edits, vocabulary, nodes });
    parts["connect-form"].addEventListener("submit", () => this.#connect());
    parts["connect-form"].elements.from.addEventListener("change", () => this.#fillEnds());
    parts["rename-form"].addEventListener("submit", (event) => this.#rename(event));
    parts["rename-form"].elements.name.addEventListener("input", () => this.#clearName());
    parts["delete-form"].addEventListener("submit", () => this.#delete());
  }

  add(after = null) {
    this.adding.ask(after);
  }

  connect(from, to = null) {
    const { elements } = this.parts["connect-form"];
    elements.from.replaceChildren(...this.nodes.sources().map(({ id, name }) => option(id, name)));
    elements.from.value = from.id;
    this.#fillEnds();
    if (to) elements.to.value = to.id;
    this.dialogs.connect.showModal();
  }

  // Drawn with the mouse: asked only when there is a choice.
  connectDrawn({ from, to }) {
    const reason = refusal(this.nodes.model(), from, to);
    if (reason) this.edits.refuse(reason);
    else if (this.nodes.outputsOf(from) > 1) this.connect(from, to);
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
    this.#clearName();
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

  // Only what can be connected is offered.
  #fillEnds() {
    const { from, output, to } = this.parts["connect-form"].elements;
    const source = this.#source(from.value);
    const count = this.nodes.outputsOf(source);
    const all = Array.from({ length: count }, (_, at) => option(String(at), String(at)));
    output.replaceChildren(...all);
    const model = this.nodes.model();
    const readers = this.nodes.jobs().filter((job) => !refusal(model, source, job));
    to.replaceChildren(...readers.map(({ id, name }) => option(id, name)));
    this.parts["connect-none"].hidden = readers.length > 0;
    this.parts["connect-go"].disabled = readers.length === 0;
  }

  #connect() {
    const { from, output, to } = this.parts["connect-form"].elements;
    const reader = this.nodes.jobs().find(({ id }) => id === to.value);
    if (reader) this.#connectNodes(this.#source(from.value), Number(output.value), reader);
  }

  #connectNodes(from, output, to) {
    const edit = { kind: "connect", ...ends(from, output, to) };
    return this.edits.apply(edit, `${to.name} reads from ${from.name}.`);
  }

  #source(wanted) {
    return this.nodes.sources().find(({ id }) => id === wanted);
  }

  // The dialog stays until the name is one that the job can have.
  async #rename(event) {
    event.preventDefault();
    const name = this.parts["rename-form"].elements.name.value.trim();
    const edit = { kind: "rename_job", job: this.job.name, name };
    const refuse = (error) => this.#refuseName(error.message);
    const isDone =
      name === this.job.name ||
      (await this.edits.apply(edit, `${this.job.name} is now ${name}.`, refuse));
    if (isDone) this.dialogs.rename.close();
  }

  #refuseName(text) {
    const [{ name }, error] = [this.parts["rename-form"].elements, this.parts["rename-error"]];
    error.replaceChildren(icon("circle-alert"), ...said(text));
    error.hidden = false;
    name.setAttribute("aria-invalid", "true");
    name.select();
    return null;
  }

  #clearName() {
    this.parts["rename-error"].hidden = true;
    this.parts["rename-form"].elements.name.removeAttribute("aria-invalid");
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
