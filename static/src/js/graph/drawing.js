// Draws placed nodes and edges as SVG, and keeps out of the page what is out of sight.

import { shape } from "../nodes.js";
import { HEIGHT, WIDTH } from "./layout.js";
import { CHANGES, second, spoken } from "./words.js";

const GLYPHS = {
  job: "M2 3h10v8H2z M5 3v8",
  dataset: "M2 4c0-2 10-2 10 0v6c0 2-10 2-10 0z M2 4c0 2 10 2 10 0",
  external: "M2 4c0-2 10-2 10 0v6c0 2-10 2-10 0z M2 4c0 2 10 2 10 0 M5 9h4",
  group: "M2 2h7v7H2z M5 9v3h7V5H9",
  missing: "M3 3l8 8 M11 3l-8 8",
};

export class Drawing {
  constructor(picture) {
    this.picture = picture;
    this.drawn = new Map();
    this.box = { width: 0, height: 0 };
  }

  show({ nodes, edges }, { places, lines }, { hasPorts }) {
    const middle = new Map(nodes.map(({ id }, at) => [id, places[at]]));
    const ends = edges.map((edge, at) => fastened(lines[at], middle, edge));
    const ways = shape("g", { class: "graph-edges", "aria-hidden": "true" });
    ways.append(...edges.map((edge, at) => way(edge, ends[at])));
    const boxes = shape("g", { class: "graph-nodes" });
    this.drawn = new Map(nodes.map((node, at) => [node.id, placed(node, places[at], hasPorts)]));
    boxes.append(...[...this.drawn.values()].map(({ mark }) => mark));
    this.picture.replaceChildren(ways, boxes);
    const marks = [...ways.children].map((mark, at) => ({ mark, ...bounds(ends[at]) }));
    this.parts = [...this.drawn.values(), ...marks];
    this.box = extent(places);
    this.picture.setAttribute("width", this.box.width);
    this.picture.setAttribute("height", this.box.height);
  }

  // What lies outside `view` is not painted: panning costs by what is seen.
  cull(view) {
    for (const part of this.parts ?? []) {
      const isOut =
        part.right < view.left ||
        part.left > view.right ||
        part.bottom < view.top ||
        part.top > view.bottom;
      if (part.isOut !== isOut) part.mark.classList.toggle("out", (part.isOut = isOut));
    }
  }

  mark(id) {
    return this.drawn.get(id)?.mark;
  }

  update(node) {
    const found = this.drawn.get(node.id);
    const look = lookOf(node);
    if (!found || found.look === look) return;
    found.look = look;
    found.mark.replaceChildren(...inside(node, found.hasPorts));
    found.mark.setAttribute("aria-label", spoken(node));
  }
}

function placed(node, { x, y }, hasPorts) {
  const [left, top] = [x - WIDTH / 2, y - HEIGHT / 2];
  const mark = shape(
    "g",
    {
      class: classes(node),
      transform: `translate(${left} ${top})`,
      "data-id": node.id,
      role: "graphics-symbol",
      "aria-roledescription": "node",
      tabindex: "-1",
      "aria-label": spoken(node),
    },
    ...inside(node, hasPorts),
  );
  const look = lookOf(node);
  return { mark, look, hasPorts, x, y, left, top, right: left + WIDTH, bottom: top + HEIGHT };
}

// All that is drawn of a node in its place: after most keys nothing of it is new, and to draw a thousand nodes anew takes a while.
function lookOf(node) {
  return JSON.stringify([node.name, second(node), spoken(node), node.hiddenCount]);
}

function classes({ kind, change }) {
  return `node node-${kind}${CHANGES[change] ? ` node-${change}` : ""}`;
}

function inside(node, hasPorts) {
  const parts = shape("g", { "aria-hidden": "true" });
  parts.append(
    shape("rect", { class: "node-box", width: WIDTH, height: HEIGHT, rx: 6 }),
    shape("path", { class: "node-glyph", d: GLYPHS[node.kind], transform: "translate(10 8)" }),
    words("node-name", node.name, { x: 30, y: 19, most: 22 }),
    words("node-second", second(node), { x: 30, y: 35, most: 30 }),
  );
  if (node.problems) parts.append(badge("node-problems", `! ${node.problems}`));
  else if (CHANGES[node.change]) parts.append(badge("node-change", CHANGES[node.change].join(" ")));
  else if (node.hiddenCount) parts.append(badge("node-hidden", `+${node.hiddenCount}`));
  if (hasPorts) parts.append(...ports(node));
  return [parts];
}

function words(name, text, { x, y, most }) {
  const short = text.length > most ? `${text.slice(0, most - 1)}…` : text;
  const label = shape("text", { class: name, x, y }, short);
  if (short !== text) label.append(shape("title", {}, text));
  return label;
}

function badge(name, text) {
  const width = 14 + text.length * 6;
  return shape(
    "g",
    { class: `node-badge ${name}`, transform: `translate(${WIDTH - width + 6} -8)` },
    shape("rect", { width, height: 16, rx: 8 }),
    shape("text", { x: width / 2, y: 12 }, text),
  );
}

// Jobs that are no sources take lines in; jobs and datasets give them out.
function ports({ kind, activation }) {
  const middle = HEIGHT / 2;
  const marks = [];
  if (kind === "job" && activation !== "source")
    marks.push(shape("circle", { class: "port", cx: 0, cy: middle, r: 4 }));
  if (kind === "job" || kind === "dataset" || kind === "external")
    marks.push(
      shape("circle", { class: "port port-out", "data-port": "out", cx: WIDTH, cy: middle, r: 5 }),
    );
  return marks;
}

function way({ label, filtered }, points) {
  const path = shape("path", {
    class: `edge${filtered ? " edge-filtered" : ""}`,
    d: curve(points),
  });
  if (!label || label === "0") return path;
  const { x, y } = points[Math.floor(points.length / 2)];
  return shape("g", {}, path, shape("text", { class: "edge-label", x, y: y - 3 }, label));
}

// From the middle of the right side to the middle of the left: where the ports are.
function fastened(points, middle, { from, to }) {
  const [start, end] = [middle.get(from), middle.get(to)];
  return [
    { x: start.x + WIDTH / 2, y: start.y },
    ...points.slice(1, -1),
    { x: end.x - WIDTH / 2, y: end.y },
  ];
}

// A curve through dagre's points that leaves and arrives horizontally.
function curve(points) {
  const steps = points.slice(1).map((to, at) => {
    const from = points[at];
    const middle = (from.x + to.x) / 2;
    return `C${middle} ${from.y} ${middle} ${to.y} ${to.x} ${to.y}`;
  });
  return `M${points[0].x} ${points[0].y}${steps.join("")}`;
}

function bounds(points) {
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
  return {
    left: Math.min(...xs),
    right: Math.max(...xs),
    top: Math.min(...ys),
    bottom: Math.max(...ys),
  };
}

function extent(places) {
  return places.reduce(
    ({ width, height }, { x, y }) => ({
      width: Math.max(width, x + WIDTH / 2),
      height: Math.max(height, y + HEIGHT / 2),
    }),
    { width: 0, height: 0 },
  );
}
