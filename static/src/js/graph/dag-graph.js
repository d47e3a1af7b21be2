// <trace-dag-graph label="…" worker="…">: a graph from its `graph` property, or from a JSON script inside it. Drawn, and as a table.
// It tells what is done with it: trace:node-select, trace:node-act, trace:connect, trace:disconnect (the last three when `editable`).

import { announce } from "../announce.js";
import { about, acts } from "./about.js";
import { Camera } from "./camera.js";
import { Connecting } from "./connecting.js";
import { fill } from "./details.js";
import { Drawing } from "./drawing.js";
import { frame, sayBusy } from "./frame.js";
import { EDITING, idAt, keysOf, onMenu } from "./keyboard.js";
import { Layout, Superseded, TooLong } from "./layout.js";
import { found } from "./finding.js";
import { List } from "./list.js";
import { Model } from "./model.js";
import { open } from "./opening.js";
import { step } from "./steps.js";
import { spoken } from "./words.js";

// Beyond this a drawing is a carpet: then the surroundings of one node are drawn.
const MOST_DRAWN = 2000;

class DagGraph extends HTMLElement {
  #model = new Model();
  #shown = { nodes: [], edges: [] };
  #shape = "";
  #folded = { groups: new Set(), roots: new Set() };
  #selected = null;
  #layout = null;

  connectedCallback() {
    const given = this.querySelector("script[type='application/json']");
    if (!this.parts) this.#build();
    this.#layout ??= new Layout(this.getAttribute("worker"));
    // One that is not seen yet may never be.
    if (!this.hidden) this.#layout.warm();
    if (given) this.graph = JSON.parse(given.textContent);
  }

  disconnectedCallback() {
    this.#layout.stop();
    this.#layout = null;
  }

  get graph() {
    return this.#model;
  }

  set graph(graph) {
    this.#model = new Model(graph);
    if (!this.#model.byId.has(this.#selected)) this.#choose(null);
    this.parts.groups.hidden = this.#model.groups().length === 0;
    this.parts.empty.hidden = this.#model.nodes.length > 0;
    this.#refresh();
  }

  get selected() {
    return this.#selected;
  }

  // `note` says why the graph is not that of the text, or nothing when it is.
  set note(text) {
    this.parts.note.textContent = text;
    this.parts.note.hidden = !text;
    this.toggleAttribute("data-old", Boolean(text));
  }

  // Chosen from outside, as by the caret: nothing is told back, focus stays where it is.
  select(id) {
    if (id === this.#selected || (id && !this.#model.byId.has(id))) return;
    this.#choose(id);
    const box = this.drawing.drawn.get(this.#place(id));
    if (box) this.camera.reveal(box);
  }

  #build() {
    const label = this.getAttribute("label") ?? "Graph";
    this.parts = frame(label);
    const { bar, body, note, details, view, picture, list } = this.parts;
    this.append(bar, note, body, details);
    this.drawing = new Drawing(picture);
    this.camera = new Camera(view, picture, { onMove: (sight) => this.drawing.cull(sight) });
    this.list = new List(list, label, {
      onChoose: (id) => this.#go(id, { isFocused: false }),
      onOpen: (id) => this.#open(id),
    });
    if (this.hasAttribute("editable"))
      this.connecting = new Connecting(this, this.camera, this.drawing);
    this.#listen();
    this.dataset.show = "graph";
  }

  #listen() {
    const { view, search, groups, fit, asGraph, asList } = this.parts;
    view.addEventListener("click", (event) => this.camera.isDragging || this.#go(idAt(event)));
    view.addEventListener("dblclick", (event) => this.#open(idAt(event)));
    keysOf(view, this.#keyActs());
    keysOf(this.parts.list, this.#keyActs(), EDITING);
    keysOf(this.parts.details, this.#keyActs(), ["Escape"]);
    onMenu(this.parts.body, (id) => this.#open(id));
    search.addEventListener("keydown", (event) => this.#onSearch(event));
    groups.addEventListener("click", () => this.#foldGroups());
    this.parts.in.addEventListener("click", () => this.camera.zoomBy(1.25));
    this.parts.out.addEventListener("click", () => this.camera.zoomBy(0.8));
    fit.addEventListener("click", () => this.camera.fit(this.drawing.box));
    asGraph.addEventListener("click", () => this.#show("graph"));
    asList.addEventListener("click", () => this.#show("list"));
    new ResizeObserver(() => this.camera.refresh()).observe(view);
  }

  #show(what) {
    this.dataset.show = what;
    this.parts.asGraph.setAttribute("aria-pressed", String(what === "graph"));
    this.parts.asList.setAttribute("aria-pressed", String(what === "list"));
    if (what === "graph") open(this, this.#shown, this.#box());
  }

  #refresh() {
    this.#shown = this.#visible();
    this.parts.groups.setAttribute("aria-pressed", String(this.#folded.groups.size > 0));
    this.list.show(this.#shown);
    this.list.choose(this.#place(this.#selected), { isRevealed: false });
    const now = JSON.stringify([
      this.#shown.nodes.map(({ id, kind, change }) => [id, kind, change]),
      this.#shown.edges,
    ]);
    if (now === this.#shape) this.#shown.nodes.forEach((node) => this.drawing.update(node));
    else this.#draw(now);
  }

  #visible() {
    if (this.#model.nodes.length <= MOST_DRAWN) return this.#model.folded(this.#folded);
    return this.#model.around(this.#selected ?? this.#model.nodes[0].id, 2);
  }

  async #draw(asked) {
    this.setAttribute("aria-busy", "true");
    const isFirst = this.#shape === "";
    sayBusy(this.parts.busy, this.#shown.nodes.length);
    this.#shape = asked;
    try {
      const placed = await this.#layout.places(this.#shown.nodes, this.#shown.edges);
      if (this.#shape === asked) this.#placed(placed, isFirst);
    } catch (error) {
      if (error instanceof Superseded) return;
      this.#shape = "";
      if (!(error instanceof TooLong)) throw error;
      this.note =
        "This graph takes too long to draw. The list says the same; fold a group to draw it.";
    }
    sayBusy(this.parts.busy, 0);
    this.removeAttribute("aria-busy");
  }

  #placed(placed, isFirst) {
    const known = this.drawing.drawn;
    const before = known.get(this.#place(this.#selected));
    this.drawing.show(this.#shown, placed, { hasPorts: this.hasAttribute("editable") });
    const after = this.#box();
    const isOther = !this.#shown.nodes.some(({ id }) => known.has(id));
    if (isFirst || isOther) open(this, this.#shown, this.#box());
    // What somebody looks at stays where it is.
    else if (before && after) this.camera.follow(before, after);
    this.camera.refresh();
    this.#paintChoice();
    this.dispatchEvent(new CustomEvent("trace:graph-drawn", { bubbles: true }));
  }

  #box() {
    return this.drawing.drawn.get(this.#place(this.#selected));
  }

  #place(id) {
    return id && this.#model.placeOf(id, this.#folded.groups);
  }

  #choose(id) {
    this.#selected = id;
    this.#paintChoice();
    this.list?.choose(this.#place(id));
    if (!this.parts.details.hidden) this.#fillDetails();
  }

  #paintChoice() {
    this.parts.view
      .querySelectorAll(".node[tabindex='0']")
      .forEach((mark) => (mark.classList.remove("chosen"), mark.setAttribute("tabindex", "-1")));
    const place = this.#place(this.#selected);
    const mark = this.drawing.mark(place) ?? this.drawing.mark(this.#shown.nodes[0]?.id);
    mark?.setAttribute("tabindex", "0");
    mark?.classList.toggle("chosen", Boolean(place));
  }

  #go(id, { isFocused = true, isCentred = false } = {}) {
    if (!id) return;
    this.#choose(id);
    if (this.#model.nodes.length > MOST_DRAWN) this.#refresh();
    const box = this.drawing.drawn.get(this.#place(id));
    if (box && isCentred) this.camera.centre(box);
    else if (box) this.camera.reveal(box);
    if (isFocused) box?.mark.focus({ preventScroll: true });
    this.#tell("trace:node-select", { id, node: this.#model.byId.get(id) });
  }

  // `focused` is the node that has the focus: before one is chosen it stands for it.
  #keyActs() {
    const { drawing, camera, parts } = this;
    return {
      step: (key, focused) => {
        const from = this.#place(this.#selected) ?? focused;
        this.#go(step(key, { drawn: drawing.drawn, edges: this.#shown.edges, from }));
      },
      open: (focused) => this.#open(this.#selected ?? focused),
      edit: (act, focused) => this.#edit(act, this.#selected ?? focused),
      zoom: (factor) => camera.zoomBy(factor),
      overview: () => camera.fit(drawing.box),
      close: () => (parts.details.hidden ? false : this.#act("close")),
    };
  }

  #edit(act, id) {
    const node = this.#model.byId.get(id);
    const offered = node
      ? acts(node, this.#model, this.#folded, this.hasAttribute("editable"))
      : [];
    if (!offered.some(([name]) => name === act)) return false;
    if (id !== this.#selected) this.#go(id);
    this.#act(act);
  }

  #onSearch(event) {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const { search, count } = this.parts;
    const { next, said } = found(this.#model.nodes, search.value, this.#selected);
    count.textContent = said;
    if (next) this.#go(next.id, { isFocused: false, isCentred: true });
  }

  #foldGroups() {
    const isFolding = this.#folded.groups.size === 0;
    this.#folded.groups = new Set(isFolding ? this.#model.groups() : []);
    this.#refresh();
  }

  #open(id) {
    if (!id) return;
    if (id.startsWith("group:")) return this.#unfold(id.slice("group:".length));
    if (id !== this.#selected) this.#go(id);
    this.parts.details.hidden = false;
    this.#fillDetails();
    this.parts.details.querySelector("button").focus();
  }

  #foldDownstream(node) {
    const { roots } = this.#folded;
    if (!roots.delete(node.id)) roots.add(node.id);
    this.#refresh();
    this.#fillDetails();
    announce(spoken(this.#shown.nodes.find(({ id }) => id === node.id) ?? node));
  }

  #unfold(group) {
    this.#folded.groups.delete(group);
    this.#refresh();
    announce(`${group} is unfolded.`);
  }

  #fillDetails() {
    const node = this.#model.byId.get(this.#selected);
    if (!node) return void (this.parts.details.hidden = true);
    fill(this.parts.details, {
      ...about(node, {
        model: this.#model,
        folding: this.#folded,
        isEditable: this.hasAttribute("editable"),
        onCut: (detail) => this.#tell("trace:disconnect", detail),
      }),
      onAct: (act) => this.#act(act),
      onGo: (id) => this.#go(id, { isCentred: true }),
    });
  }

  #act(act) {
    const node = this.#model.byId.get(this.#selected);
    if (act === "close") {
      this.parts.details.hidden = true;
      this.drawing.mark(this.#place(this.#selected))?.focus({ preventScroll: true });
    } else if (act === "fold") {
      this.#foldDownstream(node);
    } else if (act === "fold-group") {
      this.#folded.groups.add(node.group);
      this.#refresh();
    } else {
      this.parts.details.hidden = true;
      this.#tell("trace:node-act", { act, node });
    }
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }
}

customElements.define("trace-dag-graph", DagGraph);
