// What a JSON Schema says of a place in the document: $ref, anyOf, and allOf of if/then on what stands beside.

export class Schema {
  constructor(root) {
    this.root = root;
  }

  // The schemas that hold for the map or the value at the end of a way.
  at(way, beside) {
    let nodes = [this.root];
    for (const step of way) {
      nodes = step.item
        ? this.#open(nodes).flatMap((node) => [node.items ?? [], node.prefixItems ?? []].flat())
        : this.#open(nodes, step.beside).flatMap((node) => child(node, step.key));
    }
    return this.#open(nodes, beside);
  }

  properties(way, beside) {
    const found = new Map();
    for (const node of this.at(way, beside)) {
      for (const [name, property] of Object.entries(node.properties ?? {})) {
        const isRequired = (node.required ?? []).includes(name) || found.get(name)?.isRequired;
        const opened = this.#open([property]);
        found.set(name, { name, isRequired, type: typeOf(opened), text: textOf(property, opened) });
      }
    }
    return [...found.values()];
  }

  values(way, beside) {
    const nodes = this.at(way, beside);
    const named = nodes.flatMap((node) => node.enum ?? ("const" in node ? [node.const] : []));
    const isBoolean = nodes.some((node) => node.type === "boolean");
    return [...new Set(isBoolean ? [...named, true, false] : named)];
  }

  describe(way) {
    const key = way.at(-1)?.key;
    const nodes = this.at(way.slice(0, -1), way.at(-1)?.beside);
    const properties = nodes.flatMap((node) => (key ? child(node, key) : []));
    const [first] = properties;
    if (!first) return null;
    const opened = this.#open(properties);
    return { name: key, type: typeOf(opened), text: textOf(first, opened) };
  }

  #open(nodes, beside = () => new Map()) {
    return nodes.flatMap((node) => this.#branches(node, beside, 0));
  }

  #branches(node, beside, depth) {
    if (!node || typeof node !== "object" || depth > 16) return [];
    const on = (other) => this.#branches(other, beside, depth + 1);
    return [
      node,
      ...(node.$ref ? on(this.#deref(node.$ref)) : []),
      ...[node.anyOf, node.oneOf, node.allOf].filter(Boolean).flat().flatMap(on),
      ...(node.if ? on(holds(node.if, beside) ? node.then : node.else) : []),
    ];
  }

  #deref(reference) {
    const names = reference.replace(/^#\/?/, "").split("/").filter(Boolean);
    return names.reduce((node, name) => node?.[decodeURIComponent(name)], this.root);
  }
}

function child(node, key) {
  const own = node.properties?.[key];
  if (own) return [own];
  const pattern = Object.entries(node.patternProperties ?? {}).find(([source]) =>
    new RegExp(source, "u").test(key),
  );
  if (pattern) return [pattern[1]];
  return typeof node.additionalProperties === "object" ? [node.additionalProperties] : [];
}

function holds(condition, beside) {
  return Object.entries(condition.properties ?? {}).every(([name, wanted]) => {
    const said = beside().get(name);
    return said !== undefined && [wanted.const, ...(wanted.enum ?? [])].map(String).includes(said);
  });
}

function typeOf(nodes) {
  const types = nodes.flatMap((node) => node.type ?? (node.enum ? "choice" : []));
  return [...new Set(types)].filter((type) => type !== "null").join(" or ");
}

function textOf(property, opened) {
  return property.description ?? opened.find((node) => node.description)?.description ?? "";
}
