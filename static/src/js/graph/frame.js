// The parts of <trace-dag-graph> that stay: toolbar, drawing, list, details.

import { button, element, icon, shape } from "../nodes.js";

// Fewer are drawn before anybody could read that they will be.
const SLOW = 200;

export function frame(label) {
  const picture = shape("svg", { class: "graph-picture" });
  const parts = {
    picture,
    search: element("input", {
      class: "input graph-search",
      type: "search",
      placeholder: "Find a node",
      "aria-label": "Find a node, Enter for the next",
      autocomplete: "off",
      spellcheck: "false",
      "data-filter": true,
    }),
    count: element("span", { class: "quiet small graph-count", role: "status" }),
    out: button("Zoom out (−)", { symbol: "minus" }),
    in: button("Zoom in (+)", { symbol: "plus" }),
    fit: button("Overview (0)", { symbol: "scan" }),
    groups: button("Fold groups", { "aria-pressed": "false", hidden: true }),
    asGraph: button("Graph", { "aria-pressed": "true", class: "button button-ghost graph-switch" }),
    asList: button("List", { "aria-pressed": "false", class: "button button-ghost graph-switch" }),
    view: element(
      "div",
      { class: "graph-view", role: "group", "aria-label": `${label}, drawn` },
      picture,
    ),
    note: element("p", { class: "graph-note", role: "status", hidden: true }),
    busy: element("p", { class: "graph-empty quiet", role: "status", hidden: true }),
    empty: element("p", { class: "graph-empty quiet", hidden: true }, "Nothing to draw yet."),
    list: element("div", { class: "graph-list" }),
    details: element("section", { class: "graph-details", "aria-label": "Node", hidden: true }),
  };
  parts.bar = element(
    "div",
    { class: "graph-bar", role: "toolbar", "aria-label": label },
    element("label", { class: "graph-find" }, icon("search"), parts.search),
    ...[parts.count, parts.groups, parts.out, parts.in, parts.fit],
    element("span", { class: "graph-switches" }, parts.asGraph, parts.asList),
  );
  parts.body = element(
    "div",
    { class: "graph-body" },
    parts.view,
    parts.list,
    parts.empty,
    parts.busy,
  );
  return parts;
}

export function sayBusy(part, count) {
  part.hidden = count < SLOW;
  part.textContent = part.hidden ? "" : `Drawing ${count.toLocaleString("en")} nodes …`;
}
