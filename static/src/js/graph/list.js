// The same graph as a table. Only the rows in sight are in the page, and the table's height is that of all of them.

import { element } from "../nodes.js";
import { CHANGES, problems, second } from "./words.js";

const ROW = 28;
const BEYOND = 8;
let made = 0;

export class List {
  #rows = [];
  #active = null;
  #prefix = `graph-list-${++made}`;

  constructor(host, label, { onChoose, onOpen }) {
    this.onChoose = onChoose;
    this.onOpen = onOpen;
    this.head = head(["Node", "What", "Reads", "Feeds"]);
    this.body = element("div", { class: "list-rows", role: "rowgroup" });
    this.grid = element(
      "div",
      { class: "list-grid", role: "grid", tabindex: "0", "aria-label": `${label}, as a table` },
      this.head,
      this.body,
    );
    host.append(this.grid);
    this.grid.addEventListener("scroll", () => this.#draw(), { passive: true });
    this.grid.addEventListener("keydown", (event) => this.#onKey(event));
    this.body.addEventListener("click", (event) => this.#pick(event, this.onChoose));
    this.body.addEventListener("dblclick", (event) => this.#pick(event, this.onOpen));
    new ResizeObserver(() => this.#draw()).observe(this.grid);
  }

  show({ nodes, edges }) {
    const names = new Map(nodes.map(({ id, name }) => [id, name]));
    const [reads, feeds] = [joined(edges, "to", "from", names), joined(edges, "from", "to", names)];
    this.#rows = nodes.map((node) => ({
      node,
      reads: reads.get(node.id) ?? "–",
      feeds: feeds.get(node.id) ?? "–",
    }));
    this.grid.setAttribute("aria-rowcount", nodes.length + 1);
    this.body.style.height = `${nodes.length * ROW}px`;
    this.body.replaceChildren();
    this.#draw();
  }

  choose(id, { isRevealed = true } = {}) {
    this.#active = id;
    const at = this.#at();
    if (at >= 0 && isRevealed) this.#reveal(at);
    this.#draw();
  }

  #at() {
    return this.#rows.findIndex(({ node }) => node.id === this.#active);
  }

  #reveal(at) {
    const { scrollTop, clientHeight } = this.grid;
    const room = clientHeight - ROW;
    if (at * ROW < scrollTop) this.grid.scrollTop = at * ROW;
    else if ((at + 1) * ROW > scrollTop + room) this.grid.scrollTop = (at + 1) * ROW - room;
  }

  #draw() {
    const from = Math.max(0, Math.floor(this.grid.scrollTop / ROW) - BEYOND);
    const count = Math.ceil(this.grid.clientHeight / ROW) + 2 * BEYOND;
    const shown = this.#rows.slice(from, from + count);
    this.body.replaceChildren(...shown.map((row, offset) => this.#row(row, from + offset)));
    const active = shown.some(({ node }) => node.id === this.#active);
    if (active) this.grid.setAttribute("aria-activedescendant", `${this.#prefix}-${this.#at()}`);
    else this.grid.removeAttribute("aria-activedescendant");
  }

  #row({ node, reads, feeds }, at) {
    const row = element(
      "div",
      {
        class: `list-row${CHANGES[node.change] ? ` list-${node.change}` : ""}`,
        role: "row",
        id: `${this.#prefix}-${at}`,
        "aria-rowindex": at + 2,
        "aria-selected": String(node.id === this.#active),
        "data-id": node.id,
      },
      cell(node.name, "mono"),
      cell(what(node)),
      cell(reads, "mono"),
      cell(feeds, "mono"),
    );
    row.style.transform = `translateY(${at * ROW}px)`;
    return row;
  }

  #onKey(event) {
    if (event.key === "Enter" && this.#active) {
      event.preventDefault();
      this.onOpen(this.#active);
      return;
    }
    const last = this.#rows.length - 1;
    const page = Math.max(1, Math.floor(this.grid.clientHeight / ROW) - 2);
    const here = this.#at();
    const to = {
      ...{ ArrowDown: here + 1, j: here + 1, ArrowUp: here - 1, k: here - 1 },
      ...{ PageDown: here + page, PageUp: here - page, Home: 0, End: last },
    }[event.key];
    if (to === undefined || last < 0) return;
    event.preventDefault();
    event.stopPropagation();
    this.onChoose(this.#rows[Math.min(Math.max(to, 0), last)].node.id);
  }

  #pick(event, then) {
    const row = event.target.closest("[data-id]");
    if (row) then(row.dataset.id);
  }
}

function what(node) {
  const words = [second(node)];
  if (CHANGES[node.change]) words.unshift(CHANGES[node.change].join(" "));
  if (node.problems) words.unshift(`! ${problems(node.problems)}`);
  return words.join(" · ");
}

function joined(edges, at, other, names) {
  const map = new Map();
  for (const edge of edges) {
    if (!map.has(edge[at])) map.set(edge[at], new Set());
    map.get(edge[at]).add(names.get(edge[other]) ?? edge[other]);
  }
  return new Map([...map].map(([id, found]) => [id, [...found].join(", ")]));
}

function cell(text, extra = "") {
  return element("span", { role: "gridcell", class: extra, title: text }, text);
}

function head(names) {
  const cells = names.map((name) => element("span", { role: "columnheader" }, name));
  const row = element("div", { class: "list-row", role: "row", "aria-rowindex": 1 }, ...cells);
  return element("div", { class: "list-head", role: "rowgroup" }, row);
}
