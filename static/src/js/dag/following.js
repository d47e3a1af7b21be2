// The caret and the chosen node follow each other.

import { EditorView } from "@codemirror/view";

export class Following {
  #spans = [];

  constructor({ view, graph }) {
    Object.assign(this, { view, graph });
    graph.addEventListener("trace:node-select", ({ detail }) => this.#toText(detail.node));
  }

  // Lines belong to the text of which the server spoke: an edit above moves them until it has answered again.
  set nodes(nodes) {
    this.#spans = nodes
      .filter(({ line }) => line)
      .map(({ id, line, end_line: end }) => ({ id, line, end: end ?? line }));
    this.toGraph();
  }

  toGraph() {
    const { state } = this.view;
    const line = state.doc.lineAt(state.selection.main.head).number;
    const inside = this.#spans.filter((span) => span.line <= line && line <= span.end);
    const [nearest] = inside.sort((one, other) => one.end - one.line - (other.end - other.line));
    if (nearest) this.graph.select(nearest.id);
  }

  #toText(node) {
    if (!node?.line || node.line > this.view.state.doc.lines) return;
    const { from } = this.view.state.doc.line(node.line);
    const effects = EditorView.scrollIntoView(from, { y: "center" });
    this.view.dispatch({ selection: { anchor: from }, effects });
  }
}
