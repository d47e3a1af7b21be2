// A new DAG has a name once it has a version: then the page is the editor of that DAG, and says so everywhere.

import { element } from "../nodes.js";

export function nameIt({ name, history }, dag, version) {
  if (name.textContent === dag) return;
  name.textContent = dag;
  document.title = document.title.replace("New DAG", `Edit ${dag}`);
  const here = (path) => new URL(path, new URL(version, location)).pathname;
  history.href = here("../history");
  history.hidden = false;
  document
    .querySelector(".crumbs li:last-child")
    ?.replaceWith(
      element("li", {}, element("a", { href: here(".").replace(/\/versions\/$/, "") }, dag)),
      element("li", {}, element("span", { "aria-current": "page" }, "Edit")),
    );
}
