// <trace-dag-editor>: the text of a DAG and its graph, side by side. The text is the truth; the graph is what the server reads in it.

import { redo, undo } from "@codemirror/commands";
import { EditorView, keymap } from "@codemirror/view";

import { announce } from "../announce.js";
import "../graph/dag-graph.js";
import { toEditorOf } from "./address.js";
import { Asking } from "./asking.js";
import { begin, isKeptBeside } from "./beginning.js";
import { codeView } from "./code.js";
import { completion } from "./completion.js";
import { Deploying } from "./deploying.js";
import { Draft } from "./draft.js";
import { Edits } from "./edits.js";
import { Following } from "./following.js";
import { hover } from "./hover.js";
import { Looking } from "./looking.js";
import { nameIt } from "./naming.js";
import { say } from "./notes.js";
import { rangeOf } from "./positions.js";
import { showProblems } from "./problems.js";
import { Splitter } from "./splitter.js";
import { Tabs } from "./tabs.js";
import { nodesOf, readersOf } from "./surroundings.js";
import { mark, Validation } from "./validation.js";
import { Vocabulary } from "./vocabulary.js";

const OLD_GRAPH = "The text cannot be read: this is the graph of the last text that could.";
const NO_GRAPH = "The text cannot be read yet. “Add job …” writes the first job for you.";

class DagEditor extends HTMLElement {
  connectedCallback() {
    this.parts = Object.fromEntries(
      [...this.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]),
    );
    this.dialogs = Object.fromEntries(
      [...this.querySelectorAll("dialog")].map((dialog) => [
        dialog.id.slice("dag-".length),
        dialog,
      ]),
    );
    this.parts.deploy.hidden = !("mayDeploy" in this.dataset);
    this.parts.graph.parts.bar.prepend(this.parts.acts);
    document.querySelector("#keys .keys")?.append(this.parts.keys.content);
    this.#build(JSON.parse(this.querySelector("#dag-text").textContent));
    this.#listen();
    this.#start();
  }

  get doc() {
    return this.view.state.doc;
  }

  get text() {
    return this.doc.toString();
  }

  read(text) {
    return this.view.state.toText(text);
  }

  // A new one has its name once it is deployed.
  get dag() {
    return this.dataset.dag;
  }

  get base() {
    return this.draft.base;
  }

  #build(text) {
    const { dataset, parts } = this;
    const onFailure = (error) => this.#say(error.message);
    this.vocabulary = new Vocabulary(dataset.vocabulary);
    this.view = codeView({
      parent: parts.code,
      text,
      label: "Text of the DAG, in YAML",
      extensions: [
        completion(this.vocabulary),
        hover(this.vocabulary),
        this.#watch(),
        this.#keys(),
      ],
    });
    this.draft = new Draft({
      address: dataset.draft,
      person: dataset.person,
      badge: parts.draft,
      discarding: parts.discard,
      host: this,
      base: dataset.base,
      onStale: (theirs) => isKeptBeside(theirs, this),
      onFailure,
    });
    this.validation = new Validation({
      address: dataset.check,
      host: this,
      view: this.view,
      onResult: (result) => this.#show(result),
      onFailure,
    });
    this.following = new Following({ view: this.view, graph: parts.graph });
    const edits = new Edits({ address: dataset.edit, view: this.view, onFailure });
    const { dialogs, vocabulary } = this;
    const nodes = nodesOf(parts.graph, this.view);
    this.asking = new Asking({ parts, dialogs, edits, vocabulary, nodes });
    this.deploying = new Deploying({ address: dataset.deploy, parts, dialogs, host: this });
    this.looking = new Looking({ plan: dataset.plan, diff: dataset.diff, parts, host: this });
  }

  #listen() {
    const { parts } = this;
    new Splitter(parts.columns, { host: parts.panes, property: "--code-share", start: 52 });
    new Splitter(parts.rows, { host: this, property: "--panes-share", start: 70 });
    this.tabs = new Tabs(this.querySelector(".dag-tabs"), (tab) => this.looking.open(tab));
    parts.validate.addEventListener("click", () => this.#validate());
    parts.save.addEventListener("click", () => this.draft.save());
    parts.deploy.addEventListener("click", () => this.deploying.ask());
    parts.discard.addEventListener("click", () => this.dialogs.discard.showModal());
    parts["discard-go"].addEventListener("click", () => this.#discard());
    parts.add.addEventListener("click", () => this.asking.add(this.#chosenJob()));
    parts.undo.addEventListener("click", () => undo(this.view));
    parts.redo.addEventListener("click", () => redo(this.view));
    parts.graph.addEventListener("trace:connect", ({ detail }) => this.asking.connectDrawn(detail));
    parts.graph.addEventListener("trace:disconnect", ({ detail }) =>
      this.asking.disconnect(detail),
    );
    parts.graph.addEventListener("trace:node-act", ({ detail }) => this.#act(detail));
    parts.graph.addEventListener("keydown", (event) => this.#onGraphKey(event));
    this.addEventListener("keydown", (event) => this.#onKey(event));
    // A dialog that is closed after a change of the graph leaves the focus with nobody.
    document.body.addEventListener("keydown", (event) => {
      if (event.target === document.body) this.#onGraphKey(event);
    });
  }

  #start() {
    this.validation.now();
    this.tabs.openFromAddress();
    this.vocabulary.load().catch((error) => this.#say(error.message));
    begin(this).catch((error) => this.#say(error.message));
  }

  // What this browser kept. It goes on from what it came from, or a deploy would write over what came between.
  goOn({ base, text }) {
    if (base !== this.base) this.#rebased(base, "before this one");
    this.#began("You go on with what this browser kept.");
    this.#replace(text);
  }

  // A draft of the server's in place of the text here.
  adopt({ base, yaml, saved_at: at }) {
    if (base && base.id !== this.base) this.#rebased(base.id, base.number);
    this.#began("You go on with your draft.");
    this.#replace(yaml);
    this.draft.settle(this.doc, at);
  }

  async #discard() {
    this.dialogs.discard.close();
    try {
      await this.draft.discard();
      location.assign(location.pathname);
    } catch (error) {
      this.draft.changed();
      this.#say(error.message);
    }
  }

  #watch() {
    return EditorView.updateListener.of((update) => {
      if (update.docChanged) {
        this.draft.changed();
        this.validation.later();
        this.looking.changed();
      }
      if (update.selectionSet && update.view.hasFocus) this.following.toGraph();
    });
  }

  #keys() {
    const save = () => {
      this.draft.save();
      return true;
    };
    return keymap.of([{ key: "Mod-s", run: save, preventDefault: true }]);
  }

  #onKey(event) {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s") return;
    event.preventDefault();
    if (!this.view.hasFocus) this.draft.save();
  }

  // In the graph too, undo is that of the text.
  #onGraphKey(event) {
    if (!(event.ctrlKey || event.metaKey) || event.target.matches("input")) return;
    const key = event.key.toLowerCase();
    const act = key === "y" || (key === "z" && event.shiftKey) ? redo : key === "z" ? undo : null;
    if (!act) return;
    event.preventDefault();
    act(this.view);
  }

  #show({ problems, warnings, graph }) {
    this.looking.refresh();
    this.#list(problems, warnings);
    const hasOld = this.parts.graph.graph.nodes.length > 0;
    this.parts.graph.note = graph ? "" : hasOld ? OLD_GRAPH : NO_GRAPH;
    if (!graph) return;
    this.parts.graph.graph = graph;
    this.following.nodes = graph.nodes;
  }

  #list(problems, warnings = []) {
    this.parts.count.textContent = problems.length;
    this.parts.count.classList.toggle("tag-failed", problems.length > 0);
    showProblems(this.parts.problems, problems, warnings, (problem) => this.#goTo(problem));
  }

  // Called by deploying: the server refused the text.
  showProblems(problems) {
    mark(this.view, problems);
    this.#list(problems);
    this.tabs.open("problems");
  }

  deployed({ id, dag, number, url }, doc) {
    this.draft.deployed(doc);
    this.dataset.dag = dag;
    toEditorOf(url);
    nameIt(this.parts, dag, url);
    this.#rebased(id, number);
    this.#began(`You edit version ${number}, the newest.`);
  }

  rebase({ id, number }, text) {
    this.#rebased(id, number);
    this.#began(`Your text goes on from version ${number}.`);
    this.#replace(text);
    this.#say(
      `Your text goes on from version ${number}. Look at the diff, then deploy it.`,
      "info",
    );
  }

  #rebased(id, number) {
    this.draft.base = id;
    this.parts.base.textContent = `on version ${number}`;
  }

  // What the server said of the text that the page began with holds no longer. Of a new DAG it said nothing.
  #began(text) {
    if (this.parts.began) this.parts.began.textContent = text;
  }

  #replace(text) {
    const { length } = this.view.state.doc;
    this.view.dispatch({ changes: { from: 0, to: length, insert: text }, userEvent: "input" });
  }

  #goTo(problem) {
    const range = rangeOf(this.view.state.doc, problem);
    const effects = EditorView.scrollIntoView(range.from, { y: "center" });
    this.view.dispatch({ selection: { anchor: range.from, head: range.to }, effects });
    this.view.focus();
  }

  async #validate() {
    this.parts.validate.setAttribute("aria-busy", "true");
    const result = await this.validation.now();
    this.parts.validate.removeAttribute("aria-busy");
    if (!result) return;
    this.tabs.open("problems");
    const { length } = result.problems;
    announce(length === 0 ? "No problems." : length === 1 ? "1 problem." : `${length} problems.`);
  }

  #act({ act, node }) {
    if (act === "connect") this.asking.connect(node);
    else if (act === "rename") this.asking.rename(node);
    else this.asking.delete(node, readersOf(this.parts.graph, node));
  }

  #chosenJob() {
    const { graph } = this.parts;
    const node = graph.graph.byId.get(graph.selected);
    return node?.kind === "job" && !node.group ? node : null;
  }

  #say(text, state) {
    return say(this.parts.said, text, state);
  }
}

customElements.define("trace-dag-editor", DagEditor);
