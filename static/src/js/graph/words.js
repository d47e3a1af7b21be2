// What is said of a node, on it, in the table and to a screen reader.

export const KINDS = {
  job: "job",
  dataset: "dataset, published here",
  external: "dataset, from elsewhere",
  group: "group",
  missing: "missing: nothing has this name",
};

// A sign and a word, so that the colour is never alone.
export const CHANGES = {
  added: ["+", "added"],
  removed: ["−", "removed"],
  changed: ["~", "changed"],
  tuned: ["~", "tuned"],
};

export function second(node) {
  if (node.kind === "group") return `${node.members} nodes`;
  if (node.kind !== "job") return KINDS[node.kind];
  return [node.operator ?? "no operator", node.activation].filter(Boolean).join(" · ");
}

export function problems(count) {
  return count === 1 ? "1 problem" : `${count} problems`;
}

export function spoken(node) {
  const words = [`${node.name}, ${KINDS[node.kind]}`];
  if (node.kind === "job") words.push(second(node));
  if (CHANGES[node.change]) words.push(CHANGES[node.change][1]);
  if (node.problems) words.push(problems(node.problems));
  if (node.hiddenCount) words.push(`${node.hiddenCount} nodes downstream are folded`);
  return words.join(", ");
}
