// What the dialogs ask about the graph and the text: which nodes there are, how many outputs a job has, who reads from it.

export function nodesOf(graph, view) {
  const all = (...kinds) => graph.graph.nodes.filter(({ kind }) => kinds.includes(kind));
  return {
    model: () => graph.graph,
    jobs: () => all("job"),
    sources: () => all("job", "dataset", "external"),
    outputsOf: (node) => outputsOf(node, view.state.doc),
  };
}

export function readersOf(graph, { id }) {
  const { out, byId } = graph.graph;
  return [...new Set(out.get(id) ?? [])].map((reader) => byId.get(reader)).filter(Boolean);
}

function outputsOf({ kind, line, end_line: end }, doc) {
  if (kind !== "job" || !line) return 1;
  const text = doc.sliceString(doc.line(line).from, doc.line(Math.min(end, doc.lines)).to);
  return Math.max(Number(/^\s*(?:- )?outputs:\s*(\d+)/m.exec(text)?.[1] ?? 1), 1);
}
