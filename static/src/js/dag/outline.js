// Where the caret stands in a YAML text that may be half-written: found by indentation, as a person would, because a parser has no
// answer while a key is being typed.

const KEY = /^("[^"]*"|'[^']*'|[^\s#"'{}[\],:&*!|>%@`-][^#:]*?)\s*:(?=\s|$)/;
const BLOCK = /^[|>][-+0-9]*\s*(#.*)?$/;

// What opens on a line: `- name: x` is an item, and in it a key.
export function tokens(text) {
  const found = [];
  let at = text.length - text.trimStart().length;
  while (/^-(\s|$)/.test(text.slice(at))) {
    found.push({ kind: "item", indent: at });
    const rest = text.slice(at + 1);
    at += 1 + (rest.length - rest.trimStart().length);
  }
  const key = KEY.exec(text.slice(at));
  if (key) {
    const value = text.slice(at + key[0].length).trim();
    found.push({ kind: "key", indent: at, key: unquoted(key[1]), value, end: at + key[0].length });
  } else if (found.length && text.slice(at).trim()) {
    found.push({ kind: "scalar", indent: at });
  }
  return found;
}

export function unquoted(text) {
  return text.replace(/^(["'])(.*)\1$/, "$2").trim();
}

// Lines are given by `line(number)`, from 1 to `count`. The answer: the way to the place, the keys beside it, what is being typed.
export function placeAt({ line, count }, number, column) {
  const text = line(number);
  const before = text.slice(0, column);
  const own = tokens(text).filter(({ indent }) => indent <= column);
  const key = own.find(({ kind, end }) => kind === "key" && end <= column);
  const indent = key?.indent ?? slot(own, before);
  const way = ancestors({ line, count }, number, indent, own);
  if (way.some(({ value }) => BLOCK.test(value ?? ""))) return null;
  if (isComment(before)) return null;
  const here = { way, beside: later(() => pairs({ line, count }, number, indent)), indent };
  if (!key) {
    const typed = before.slice(indent).trimStart();
    if (/^[[{]/.test(typed)) return inFlow(here, typed);
    return { ...here, mode: "key", typed };
  }
  const typed = before.slice(key.end).trimStart();
  const inside = { ...here, way: [...way, { key: key.key, beside: here.beside }] };
  if (/^[[{]/.test(typed)) return inFlow({ ...inside, beside: later(() => new Map()) }, typed);
  return { ...inside, mode: "value", key: key.key, typed };
}

function slot(own, before) {
  const last = own.at(-1);
  if (!last) return before.length - before.trimStart().length;
  return last.kind === "item" ? Math.max(last.indent + 2, before.length) : last.indent;
}

function isComment(before) {
  return /(^|\s)#/.test(before.replace(/"[^"]*"|'[^']*'/g, ""));
}

// Keys and items that enclose a place, outermost first.
function ancestors({ line, count }, number, indent, own) {
  const way = [];
  let level = indent;
  let isItem = false;
  const climb = (opened, at) => {
    for (const token of [...opened].reverse()) {
      const encloses =
        token.indent < level || (isItem && token.indent === level && token.kind === "key");
      if (!encloses || token.kind === "scalar") continue;
      way.unshift(
        token.kind === "item"
          ? { item: true }
          : {
              key: token.key,
              value: token.value,
              beside: later(() => pairs({ line, count }, at, token.indent)),
            },
      );
      [level, isItem] = [token.indent, token.kind === "item"];
    }
  };
  climb(
    own.filter((token) => token.indent < indent),
    number,
  );
  for (let at = number - 1; at >= 1 && (level > 0 || isItem); at--) {
    const text = line(at);
    // Of a long document most lines stand deeper, and what stands deeper encloses nothing.
    if (startOf(text) <= level) climb(tokens(text), at);
  }
  return way;
}

// The keys of the map that a line belongs to, at an indentation, with what they say.
export function pairs({ line, count }, number, indent) {
  const found = new Map();
  for (let at = number; at >= 1; at--) {
    take(found, line(at), indent);
    // The line of the dash is the first of its map; any other that starts further left encloses it.
    if (startOf(line(at)) < indent) break;
  }
  for (let at = number + 1; at <= count && startOf(line(at)) >= indent; at++)
    take(found, line(at), indent);
  return found;
}

// A long document has long maps, and most questions are not about what stands beside: read when asked, once.
function later(read) {
  let known = null;
  return () => (known ??= read());
}

function take(found, text, indent) {
  if (startOf(text) > indent) return;
  for (const { kind, key, value, indent: at } of tokens(text)) {
    if (kind === "key" && at === indent && !found.has(key))
      found.set(key, unquoted(value.replace(/\s+#.*$/, "")));
  }
}

// Empty lines and comments start nowhere.
function startOf(text) {
  const trimmed = text.trimStart();
  return trimmed === "" || trimmed.startsWith("#") ? Infinity : text.length - trimmed.length;
}

// `{from: {job: x` and `[a, b`: on one line.
function inFlow(here, text) {
  const way = [...here.way];
  const open = [];
  let word = "";
  for (const sign of text) {
    if (sign === "{" || sign === "[") {
      open.push({ sign, beside: new Map(), key: null });
      if (sign === "[") way.push({ item: true });
      word = "";
    } else if (sign === "}" || sign === "]") {
      leave(way, open);
      word = "";
    } else if (sign === ":" && open.at(-1)?.sign === "{" && open.at(-1).key === null) {
      const top = open.at(-1);
      top.key = unquoted(word.trim());
      way.push({ key: top.key, beside: () => top.beside });
      word = "";
    } else if (sign === ",") {
      const top = open.at(-1);
      if (top?.key) {
        top.beside.set(top.key, unquoted(word.trim()));
        top.key = null;
        way.pop();
      }
      word = "";
    } else word += sign;
  }
  const top = open.at(-1);
  if (!top) return null;
  const typed = word.trimStart();
  if (top.key !== null) return { ...here, way, mode: "value", key: top.key, typed, isFlow: true };
  const mode = top.sign === "{" ? "key" : "value";
  return { ...here, way, beside: () => top.beside, mode, typed, isFlow: true, key: null };
}

function leave(way, open) {
  const top = open.pop();
  if (!top) return;
  if (top.key !== null) way.pop();
  if (top.sign === "[") way.pop();
  const outer = open.at(-1);
  if (outer?.key) outer.beside.set(outer.key, "");
}
