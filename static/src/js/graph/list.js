// The same graph as a table. Only the rows in sight are in the page, and the table's height is that of all of them.

import { element } from "../nodes.js";
import { Heights } from "./heights.js";
import { CHANGES, problems, second } from "./words.js";

const BEYOND = 8;
const LOOKS = 4;
let made = 0;

export class List {
  #rows = [];
  #active = null;
  #heights = new Heights(0);
  #width = 0;
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
    new ResizeObserver(() => this.#resized()).observe(this.grid);
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
    this.#heights = new Heights(nodes.length);
    this.#draw();
  }

  choose(id, { isRevealed = true } = {}) {
    this.#active = id;
    const at = this.#at();
    this.#draw();
    if (at < 0 || !isRevealed) return;
    // Of rows that were never drawn the heights are guessed: what is drawn on the way there corrects them.
    for (let look = 0; look < LOOKS && this.#reveal(at); look++) this.#draw();
  }

  #at() {
    return this.#rows.findIndex(({ node }) => node.id === this.#active);
  }

  // Whether it had to move.
  #reveal(at) {
    const { scrollTop, clientHeight } = this.grid;
    const [top, bottom] = [this.#heights.top(at), this.#heights.top(at + 1)];
    const room = clientHeight - this.head.offsetHeight;
    if (top < scrollTop) this.grid.scrollTop = top;
    else if (bottom > scrollTop + room) this.grid.scrollTop = bottom - room;
    return this.grid.scrollTop !== scrollTop;
  }

  // Lines break elsewhere where it is wider or narrower.
  #resized() {
    const { clientWidth } = this.grid;
    if (clientWidth !== this.#width) this.#heights = new Heights(this.#rows.length);
    this.#width = clientWidth;
    this.#draw();
  }

  #draw() {
    const { scrollTop, clientHeight } = this.grid;
    const from = Math.max(0, this.#heights.at(scrollTop) - BEYOND);
    const to = this.#heights.at(scrollTop + clientHeight) + 1 + BEYOND;
    const shown = this.#rows.slice(from, to).map((row, offset) => this.#row(row, from + offset));
    this.body.replaceChildren(...shown);
    this.#heights.learn(
      from,
      shown.map((row) => row.offsetHeight),
    );
    shown.forEach((row, offset) => {
      row.style.transform = `translateY(${this.#heights.top(from + offset)}px)`;
    });
    this.body.style.height = `${this.#heights.total}px`;
    this.#nameActive(from, to);
  }

  #nameActive(from, to) {
    const at = this.#at();
    if (at >= from && at < to)
      this.grid.setAttribute("aria-activedescendant", `${this.#prefix}-${at}`);
    else this.grid.removeAttribute("aria-activedescendant");
  }

  #row({ node, reads, feeds }, at) {
    return element(
      "div",
      {
        class: `list-row${CHANGES[node.change] ? ` list-${node.change}` : ""}`,
        role: "row",
        id: `${this.#prefix}-${at}`,
        "aria-rowindex": at + 2,
        "aria-selected": String(node.id === this.#active),
        "data-id": node.id,
      },
      cell(node.name, "mono list-name"),
      cell(what(node), "list-what"),
      cell(reads, "mono list-reads"),
      cell(feeds, "mono list-feeds"),
    );
  }

  #onKey(event) {
    if (event.key === "Enter" && this.#active) {
      event.preventDefault();
      this.onOpen(this.#active);
      return;
    }
    const last = this.#rows.length - 1;
    const here = this.#at();
    const page = this.#heights.count(here, this.grid.clientHeight);
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
  return element("span", { role: "gridcell", class: extra }, text);
}

function head(names) {
  const cells = names.map((name) => element("span", { role: "columnheader" }, name));
  const row = element("div", { class: "list-row", role: "row", "aria-rowindex": 1 }, ...cells);
  return element("div", { class: "list-head", role: "rowgroup" }, row);
}
