// What a key or an operator means, beside the mouse.

import { hoverTooltip } from "@codemirror/view";

import { element } from "../nodes.js";
import { linesOf } from "./completion.js";
import { placeAt, tokens } from "./outline.js";
import { operatorFacts } from "./vocabulary.js";

export function hover(vocabulary) {
  return hoverTooltip((view, position) => {
    const found = meaning(view.state.doc, position, vocabulary);
    if (!found) return null;
    return {
      pos: found.from,
      end: found.to,
      above: true,
      create: () => ({ dom: card(found) }),
    };
  });
}

function meaning(doc, position, vocabulary) {
  const line = doc.lineAt(position);
  const column = position - line.from;
  const key = tokens(line.text).find(({ kind }) => kind === "key");
  if (!key || column < key.indent) return null;
  const place = placeAt(linesOf(doc), line.number, key.end);
  if (!place) return null;
  if (column > key.end) return operatorAt(line, key, vocabulary);
  const said = vocabulary.schema.describe(place.way);
  if (!said?.text) return null;
  const detail = said.type;
  return {
    from: line.from + key.indent,
    to: line.from + key.end,
    title: said.name,
    detail,
    text: said.text,
  };
}

function operatorAt(line, { key, value, end }, { operators }) {
  const operator = key === "operator" ? operators[value] : null;
  if (!operator) return null;
  const text = operator.summary;
  return {
    from: line.from + end,
    to: line.to,
    title: value,
    detail: operatorFacts(operator),
    text,
  };
}

function card({ title, detail, text }) {
  return element(
    "div",
    { class: "dag-hover" },
    element(
      "p",
      {},
      element("strong", { class: "mono" }, title),
      " ",
      element("span", { class: "quiet" }, detail),
    ),
    element("p", {}, text),
  );
}
