// What is known of one node, and what may be done with it: everything that the mouse can do is a button here.

import { button, element } from "../nodes.js";
import { CHANGES, KINDS, problems } from "./words.js";

export function fill(section, { node, reads, feeds, acts, onAct, onGo }) {
  const close = button("Close (Esc)", { symbol: "x" });
  close.addEventListener("click", () => onAct("close"));
  section.replaceChildren(
    element("div", { class: "details-head" }, element("h2", { class: "mono" }, node.name), close),
    element("dl", { class: "facts" }, ...facts(node)),
    ...[row("Reads", reads, onGo), row("Feeds", feeds, onGo)].filter(Boolean),
    element(
      "div",
      { class: "actions" },
      ...acts.map(([act, label]) => pressing(act, label, onAct)),
    ),
  );
}

function facts(node) {
  const said = {
    Kind: KINDS[node.kind],
    Operator: node.operator,
    Activation: node.activation,
    Runtime: node.runtime,
    Group: node.group,
    Change: CHANGES[node.change]?.[1],
    Problems: node.problems ? problems(node.problems) : null,
    Lines: node.line ? `${node.line} to ${node.end_line ?? node.line}` : null,
  };
  return Object.entries(said)
    .filter(([, value]) => value)
    .flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]);
}

function row(title, others, onGo) {
  if (!others.length) return null;
  const items = others.map(({ node, edge, onCut }) => {
    const go = button(node.name);
    go.addEventListener("click", () => onGo(node.id));
    const note = edge.filtered ? element("span", { class: "tag" }, "filtered") : null;
    const cut = onCut ? button(`Disconnect ${node.name}`, { symbol: "unplug" }) : null;
    cut?.addEventListener("click", onCut);
    return element("li", {}, go, note, cut);
  });
  return element(
    "div",
    { class: "details-row" },
    element("h3", {}, title),
    element("ul", { role: "list" }, ...items),
  );
}

function pressing(act, label, onAct) {
  const made = button(label, { class: "button" });
  made.addEventListener("click", () => onAct(act));
  return made;
}
