// What both sides changed, place by place: as it was, theirs, yours, and whose is taken.

import { button, element } from "../nodes.js";

const SIDES = { theirs: "Take theirs", mine: "Take mine" };

// `onChoice` is told what is chosen so far, with null where nothing is.
export function showBlocks(host, conflicts, onChoice) {
  const chosen = conflicts.map(() => null);
  const blocks = conflicts.map((conflict, at) =>
    block(conflict, at, (side) => {
      chosen[at] = side;
      onChoice(chosen);
    }),
  );
  host.replaceChildren(...blocks);
  onChoice(chosen);
}

function block({ base, theirs, mine, line }, at, onChoice) {
  const id = `dag-block-${at}`;
  const choices = Object.entries(SIDES).map(([side, label]) => {
    const choice = button(label, { kind: "", "aria-pressed": "false", "aria-describedby": id });
    choice.addEventListener("click", () => {
      choices.forEach((one) => one.setAttribute("aria-pressed", String(one === choice)));
      onChoice(side);
    });
    return choice;
  });
  return element(
    "section",
    { class: "dag-block", "aria-labelledby": id },
    element("h3", { id }, `Line ${line}`),
    element(
      "div",
      { class: "dag-thirds" },
      third("Before", base, line),
      third("Theirs", theirs, line),
      third("Yours", mine, line),
    ),
    element("div", { class: "actions" }, ...choices),
  );
}

function third(title, text, line) {
  const label = `${title}, line ${line}`;
  const shown = text
    ? element("pre", { class: "code", tabindex: "0", role: "group", "aria-label": label }, text)
    : element("p", { class: "quiet" }, "No such line.");
  return element("div", {}, element("h4", {}, title), shown);
}
