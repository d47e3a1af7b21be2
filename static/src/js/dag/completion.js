// Completion by the schema at the caret's place, and by the names that this document and the org hold.

import { autocompletion } from "@codemirror/autocomplete";

import { placeAt, tokens, unquoted } from "./outline.js";
import { operatorFacts } from "./vocabulary.js";

export function completion(vocabulary) {
  return autocompletion({
    override: [(context) => source(context, vocabulary)],
    activateOnTyping: true,
    icons: false,
    maxRenderedOptions: 12,
  });
}

export function linesOf(doc) {
  return { line: (number) => doc.line(number).text, count: doc.lines };
}

function source(context, vocabulary) {
  const { doc } = context.state;
  const line = doc.lineAt(context.pos);
  const place = placeAt(linesOf(doc), line.number, context.pos - line.from);
  if (!place) return null;
  const word = context.matchBefore(/[\w.$-]*/);
  const hasAsked =
    context.explicit || word.from < word.to || isAfterColon(place, line, context.pos);
  if (!hasAsked) return null;
  const options = optionsFor(place, vocabulary, doc);
  if (!options.length) return null;
  return { from: word.from, options, validFor: /^[\w.$-]*$/ };
}

// After `operator: ` the choices come by themselves.
function isAfterColon({ mode, typed }, line, position) {
  return mode === "value" && typed === "" && /:\s$/.test(line.text.slice(0, position - line.from));
}

function optionsFor(place, vocabulary, doc) {
  if (place.mode === "value") return valueOptions(place, vocabulary, doc);
  const keys = keyOptions(place, vocabulary);
  return keys.length ? keys : valueOptions(place, vocabulary, doc);
}

function keyOptions({ way, beside, indent, isFlow }, { schema }) {
  return schema
    .properties(way, beside)
    .filter(({ name }) => !beside().has(name))
    .map(({ name, isRequired, type, text }) => ({
      label: name,
      detail: [isRequired ? "required" : "", type].filter(Boolean).join(" · "),
      info: text || undefined,
      type: "property",
      boost: isRequired ? 50 : 0,
      apply: name + ending(type, isFlow ? null : indent),
    }));
}

function ending(type, indent) {
  if (indent === null) return ": ";
  const inner = `\n${" ".repeat(indent + 2)}`;
  if (type === "object") return `:${inner}`;
  return type === "array" ? `:${inner}- ` : ": ";
}

function valueOptions(place, vocabulary, doc) {
  const { key, way } = place;
  if (key === "operator") return operators(vocabulary);
  if (key === "dataset" || key === "dataset_key") {
    const known = vocabulary.datasets.map(({ name, summary }) => option(name, summary));
    if (key === "dataset")
      return [...known, ...published(doc).map((name) => option(name, "published here"))];
  }
  if (key === "job" && way.length > 1) return jobNames(doc).map((name) => option(name, "job"));
  const beside = way.at(-1)?.beside;
  return vocabulary.schema.values(way, beside).map((value) => option(String(value)));
}

function operators({ operators: known }) {
  return Object.entries(known).map(([name, operator]) => ({
    label: name,
    type: "operator",
    detail: operator.available ? operator.activations.join(", ") : "cannot be activated here yet",
    info: `${operator.summary}\n${operatorFacts(operator)}`,
    boost: operator.available ? 1 : -50,
  }));
}

const option = (label, info) => ({ label, type: "value", info: info || undefined });

export function jobNames(doc) {
  return namesUnder(doc, "jobs", (found) => found.kind === "key" && found.key === "name");
}

function published(doc) {
  return namesUnder(
    doc,
    "publish",
    ({ kind }) => kind === "key",
    ({ key }) => key,
  );
}

// Names in a top-level section, at the indentation of its first entry.
function namesUnder(doc, section, isName, nameOf = ({ value }) => unquoted(value)) {
  const names = [];
  let isInside = false;
  let level = null;
  for (const text of doc.iterLines()) {
    const opened = tokens(text);
    const top = opened.find(({ kind, indent }) => kind === "key" && indent === 0);
    if (top) [isInside, level] = [top.key === section, null];
    if (!isInside || top) continue;
    const found = opened.find(isName);
    level ??= opened.at(-1)?.kind === "key" ? opened.at(-1).indent : null;
    if (found && found.indent === level) names.push(nameOf(found));
  }
  return names;
}
