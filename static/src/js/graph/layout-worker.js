// Places nodes, off the page's thread: a thousand take a second.

import dagre from "@dagrejs/dagre";

import { textFirst } from "./order.js";

onmessage = ({ data: { nodes, edges } }) => {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  // The default ranker takes twelve times as long for a thousand nodes.
  graph.setGraph({ rankdir: "LR", ranker: "tight-tree", nodesep: 16, ranksep: 56, edgesep: 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  nodes.forEach(({ id, width, height }) => graph.setNode(id, { width, height }));
  edges.forEach(({ from, to }, at) => graph.setEdge(from, to, {}, String(at)));
  dagre.layout(graph, { customOrder: textFirst });
  postMessage({
    places: nodes.map(({ id }) => at(graph.node(id))),
    lines: edges.map(({ from, to }, index) => graph.edge(from, to, String(index)).points.map(at)),
  });
};

const at = ({ x, y }) => ({ x: Math.round(x), y: Math.round(y) });
