// The next node whose name holds what is looked for, after the one that is chosen.

export function found(nodes, text, selected) {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return { next: null, said: "" };
  const exact = nodes.filter(({ name }) => name.toLowerCase() === wanted);
  const all = exact.length
    ? exact
    : nodes.filter(({ name }) => name.toLowerCase().includes(wanted));
  if (!all.length) return { next: null, said: "No such node" };
  const at = (all.findIndex(({ id }) => id === selected) + 1) % all.length;
  return { next: all[at], said: `${at + 1} of ${all.length}` };
}
