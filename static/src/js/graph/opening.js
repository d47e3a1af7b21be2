// What of a graph is seen first. One that can be read at once is shown whole. Of a larger one nobody could read a name: the node of the caret
// is shown, or the first source, and it is said how the others are found.

// With fewer one looks for oneself.
const MANY = 100;

// Of so few nobody needs a name to see how they hang together: on a narrow screen they are shown whole, too.
const FEW = 20;

export function open({ camera, drawing, parts }, { nodes, edges }, chosen) {
  // In a part of the page that is hidden there is no room to measure.
  if (!camera.view.clientWidth) return;
  const isWhole = nodes.length <= FEW || camera.isReadable(drawing.box);
  const isHard = !isWhole && nodes.length >= MANY;
  parts.count.textContent = isHard
    ? `${nodes.length.toLocaleString("en")} nodes: search with /`
    : "";
  if (isWhole) camera.fit(drawing.box);
  else if (chosen) camera.centre(chosen);
  else camera.begin(drawing.drawn.get(first(nodes, edges).id));
}

function first(nodes, edges) {
  const readers = new Set(edges.map(({ to }) => to));
  return nodes.find(({ id }) => !readers.has(id)) ?? nodes[0];
}
