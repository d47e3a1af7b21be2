// Completion by the schema at the caret's place, and by the names that this document and the org hold.

import { autocompletion, snippetCompletion } from "@codemirror/autocomplete";

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
  if (isAll(word, doc)) options.push(...starters(vocabulary));
  if (!options.length) return null;
  return { from: word.from, options, validFor: /^[\w.$-]*$/ };
}

// Whether nothing but the word at the caret is written yet.
function isAll({ from, to }, doc) {
  return !doc.sliceString(0, from).trim() && !doc.sliceString(to).trim();
}

function starters({ starters: known }) {
  return known.map(({ title, summary, text }) => ({
    label: title,
    type: "template",
    detail: "template",
    info: summary,
    apply: text,
    boost: -90,
  }));
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

function keyOptions({ way, beside, indent, isFlow }, { schema, notFor }) {
  const isJob = way.length === 2 && way[0].key === "jobs";
  const unfit = (isJob && notFor[beside().get("activation")]) || [];
  return schema
    .properties(way, beside)
    .filter(({ name }) => !beside().has(name) && !unfit.includes(name))
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
  if (key === "operator") return operators(vocabulary, way.at(-1).beside().get("activation"));
  if (key === "from") return forms(way);
  if (key === "dataset" || key === "dataset_key") {
    const known = vocabulary.datasets.map(({ name, summary }) => option(name, summary));
    if (key === "dataset")
      return [...known, ...published(doc).map((name) => option(name, "published here"))];
  }
  if (key === "job" && way.length > 1) return otherJobs(way, doc);
  const beside = way.at(-1)?.beside;
  return vocabulary.schema.values(way, beside).map((value) => option(String(value)));
}

// An input may be either; what is published is an output.
function forms(way) {
  const job = snippetCompletion("{ job: ${name}, output: ${0} }", {
    label: "{ job: …, output: 0 }",
    info: "An output of a job of this DAG.",
  });
  const dataset = snippetCompletion("{ dataset: ${name} }", {
    label: "{ dataset: … }",
    info: "A dataset of the org.",
  });
  return isInput(way) ? [job, dataset] : [job];
}

const isInput = (way) => way.some(({ key }) => key === "inputs");

// A job that reads itself never begins.
function otherJobs(way, doc) {
  const own = way
    .find(({ key }) => key === "inputs")
    ?.beside()
    .get("name");
  const names = jobNames(doc).filter((name) => name !== own);
  return names.map((name) => option(name, "job"));
}

function operators({ operators: known }, activation) {
  const isFit = ([, { activations }]) =>
    !["source", "reactive"].includes(activation) || activations.includes(activation);
  return Object.entries(known)
    .filter(isFit)
    .map(([name, operator]) => ({
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
