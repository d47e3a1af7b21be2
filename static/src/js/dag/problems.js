// The list of problems: where, what, what to do. A click or Enter goes there.

import { button, element, icon, said } from "../nodes.js";

// Beyond this nobody reads on, and a text that is wrong throughout has thousands.
const MOST = 200;

// What forbids only an activation stands below what forbids a deployment.
export function showProblems(panel, problems, warnings, onGo) {
  const parts = [];
  if (!problems.length) {
    const mark = element("span", { class: "badge badge-ok" }, icon("circle-check"), "No problems");
    const but = warnings.length ? " It can be deployed, and not activated yet:" : "";
    parts.push(element("p", { class: "problems-none" }, mark, but));
  }
  const rows = [
    ...problems.map((problem) => row(problem, onGo)),
    ...warnings.map((warning) => row(warning, onGo, "triangle-alert")),
  ];
  if (rows.length) parts.push(listed(rows.slice(0, MOST)));
  panel.replaceChildren(...parts);
  if (rows.length > MOST)
    panel.append(element("p", { class: "quiet problems-none" }, `and ${rows.length - MOST} more`));
}

function listed(rows) {
  const list = element(
    "ol",
    { class: "problems", role: "list", "aria-label": "Problems" },
    ...rows,
  );
  list.addEventListener("keydown", (event) => move(event, list));
  return list;
}

function row(problem, onGo, mark = "circle-x") {
  const { code, message, path, line, column, hint } = problem;
  const go = button("", { class: mark === "circle-x" ? "problem" : "problem problem-warning" });
  go.append(
    icon(mark),
    element("span", { class: "mono problem-place" }, `${line}:${column}`),
    element(
      "span",
      {},
      ...said(message),
      " ",
      element("span", { class: "quiet" }, ...said(hint ?? "")),
    ),
    element("span", { class: "mono quiet problem-path" }, `${path || "/"} · ${code}`),
  );
  go.addEventListener("click", () => onGo(problem));
  return element("li", {}, go);
}

function move(event, list) {
  const all = [...list.querySelectorAll("button")];
  const to = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!to) return;
  event.preventDefault();
  all[all.indexOf(document.activeElement) + to]?.focus();
}
