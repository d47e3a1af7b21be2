// The list of problems: where, what, what to do. A click or Enter goes there.

import { button, element, icon, said } from "../nodes.js";

// Beyond this nobody reads on, and a text that is wrong throughout has thousands.
const MOST = 200;

export function showProblems(panel, problems, onGo) {
  if (!problems.length) {
    const mark = element("span", { class: "badge badge-ok" }, icon("circle-check"), "No problems");
    panel.replaceChildren(element("p", { class: "problems-none" }, mark));
    return;
  }
  const rows = problems.slice(0, MOST).map((problem) => row(problem, onGo));
  const list = element(
    "ol",
    { class: "problems", role: "list", "aria-label": "Problems" },
    ...rows,
  );
  list.addEventListener("keydown", (event) => move(event, list));
  panel.replaceChildren(list);
  if (problems.length > MOST)
    panel.append(
      element("p", { class: "quiet problems-none" }, `and ${problems.length - MOST} more`),
    );
}

function row(problem, onGo) {
  const { code, message, path, line, column, hint } = problem;
  const go = button("", { class: "problem" });
  go.append(
    icon("circle-x"),
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
