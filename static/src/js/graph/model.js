// A graph and what of it is seen: whole, with groups folded into one node, or without what lies downstream of a node.

export class Model {
  constructor({ nodes = [], edges = [] } = {}) {
    this.nodes = nodes;
    this.edges = edges;
    this.byId = new Map(nodes.map((node) => [node.id, node]));
    this.out = neighbours(edges, "from", "to");
    this.into = neighbours(edges, "to", "from");
  }

  downstream(id) {
    return reached(this.out, [id]);
  }

  // What can be reached in so many steps, in either direction.
  around(id, hops) {
    const seen = new Set([id]);
    for (let hop = 0; hop < hops; hop++) {
      for (const each of [...seen]) {
        for (const next of [...(this.out.get(each) ?? []), ...(this.into.get(each) ?? [])])
          seen.add(next);
      }
    }
    return {
      nodes: this.nodes.filter((node) => seen.has(node.id)),
      edges: this.edges.filter(({ from, to }) => seen.has(from) && seen.has(to)),
    };
  }

  groups() {
    return [...new Set(this.nodes.map((node) => node.group).filter(Boolean))].sort();
  }

  // `groups`: names folded into one node each; `roots`: ids of nodes whose downstream is hidden.
  folded({ groups, roots }) {
    const hidden = reached(this.out, [...roots]);
    roots.forEach((root) => hidden.delete(root));
    const nodes = new Map();
    for (const node of this.nodes) {
      if (hidden.has(node.id)) continue;
      if (groups.has(node.group)) addTo(nodes, node);
      else nodes.set(node.id, roots.has(node.id) ? this.#counted(node) : node);
    }
    return { nodes: [...nodes.values()], edges: this.#between(nodes, groups) };
  }

  // Where a node is drawn while its group is folded.
  placeOf(id, groups) {
    const group = this.byId.get(id)?.group;
    return groups.has(group) ? `group:${group}` : id;
  }

  #counted(node) {
    return { ...node, hiddenCount: this.downstream(node.id).size };
  }

  #between(nodes, groups) {
    const kept = new Map();
    for (const edge of this.edges) {
      const [from, to] = [this.placeOf(edge.from, groups), this.placeOf(edge.to, groups)];
      if (from === to || !nodes.has(from) || !nodes.has(to)) continue;
      kept.set(`${from}\n${to}\n${edge.label}`, { ...edge, from, to });
    }
    return [...kept.values()];
  }
}

function addTo(nodes, { group, problems = 0 }) {
  const id = `group:${group}`;
  const before = nodes.get(id) ?? { id, kind: "group", name: group, members: 0, problems: 0 };
  nodes.set(id, {
    ...before,
    members: before.members + 1,
    problems: before.problems + problems,
  });
}

function neighbours(edges, from, to) {
  const map = new Map();
  for (const edge of edges) {
    if (!map.has(edge[from])) map.set(edge[from], []);
    map.get(edge[from]).push(edge[to]);
  }
  return map;
}

// Everything reached from `starts`, without the starts themselves unless a way leads back to them.
function reached(next, starts) {
  const seen = new Set();
  const open = [...starts];
  while (open.length) {
    for (const id of next.get(open.pop()) ?? []) {
      if (!seen.has(id)) {
        seen.add(id);
        open.push(id);
      }
    }
  }
  return seen;
}
