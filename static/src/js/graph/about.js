// What the details of a node show: who it reads, who it feeds, and what may be done with it.

export function about(node, { model, folding, isEditable, onCut }) {
  const others = (at, other) =>
    ends(model, node, at, other).map((edge) => {
      const [from, to] = [model.byId.get(edge.from), model.byId.get(edge.to)];
      const isCut = isEditable && to.kind === "job" && !to.group;
      const cut = () => onCut({ from, output: edge.label, to });
      return { node: model.byId.get(edge[other]), edge, onCut: isCut ? cut : null };
    });
  return {
    node,
    reads: others("to", "from"),
    feeds: others("from", "to"),
    acts: acts(node, model, folding, isEditable),
  };
}

function ends(model, node, at, other) {
  return model.edges.filter((edge) => edge[at] === node.id && model.byId.has(edge[other]));
}

export function acts({ id, kind, group }, model, folding, isEditable) {
  const found = [];
  if (model.out.has(id))
    found.push(["fold", folding.roots.has(id) ? "Unfold downstream" : "Fold downstream"]);
  if (group) found.push(["fold-group", `Fold ${group}`]);
  if (!isEditable) return found;
  if (kind !== "missing") found.push(["connect", "Connect …"]);
  // A stream of an entrypoint has no lines of its own to rename or to delete.
  if (kind === "job" && !group) found.push(["rename", "Rename …"], ["delete", "Delete …"]);
  return found;
}
