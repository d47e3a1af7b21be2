// What the editor knows of YAML: colours, folds and indents, line by line. A parser would be a tenth of the page's weight, and the
// server has the one that counts.

import { foldService, indentService } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { Decoration, MatchDecorator, ViewPlugin } from "@codemirror/view";

const WORDS = new RegExp(
  [
    String.raw`(?<comment>(?:^|\s)#.*$)`,
    String.raw`(?<string>"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')`,
    String.raw`(?<key>[\w$./<-]+(?=\s*:(?:\s|$)))`,
    String.raw`(?<anchor>(?<=^|[\s[{,])[&*][\w-]+)`,
    String.raw`(?<literal>(?<![\w./-])(?:-?\d[\d.]*(?:[eE][-+]?\d+)?|0[xo][\da-fA-F]+|true|false|null|~)(?=\s*(?:$|[,\]}]|\s#)))`,
    String.raw`(?<mark>[[\]{},]|:(?=\s|$)|^\s*-(?=\s|$))`,
  ].join("|"),
  "gm",
);
const KINDS = ["comment", "string", "key", "anchor", "literal", "mark"];
const LOOKS = Object.fromEntries(
  KINDS.map((kind) => [kind, Decoration.mark({ class: `yaml-${kind}` })]),
);

const matcher = new MatchDecorator({
  regexp: WORDS,
  decoration: (match) => LOOKS[KINDS.find((kind) => match.groups[kind] !== undefined)],
});

const colours = ViewPlugin.define(
  (view) => ({
    decorations: matcher.createDeco(view),
    update(update) {
      this.decorations = matcher.updateDeco(update, this.decorations);
    },
  }),
  { decorations: (plugin) => plugin.decorations },
);

// A line with everything below it that stands further to the right.
const folds = foldService.of((state, start, end) => {
  const first = state.doc.lineAt(start);
  const own = depth(first.text);
  if (own === null) return null;
  let last = null;
  for (let number = first.number + 1; number <= state.doc.lines; number++) {
    const line = state.doc.line(number);
    const deep = depth(line.text);
    if (deep === null) continue;
    if (deep < own || (deep === own && !isItemBelow(first.text, line.text))) break;
    last = line;
  }
  return last && { from: end, to: last.to };
});

// The items of a list may stand right below its key.
function isItemBelow(above, line) {
  return /^\s*- /.test(line) && !/^\s*- /.test(above);
}

// Null for a line that says nothing.
function depth(text) {
  const found = text.search(/\S/);
  return found < 0 || text[found] === "#" ? null : found;
}

const indents = indentService.of((context, pos) => {
  const { text, from } = context.lineAt(pos, -1);
  const before = from + text.length <= pos ? text : text.slice(0, Math.max(0, pos - from));
  const [, spaces, dashes] = /^(\s*)((?:- +)*)/.exec(before);
  const opens = /(?:[:|>]|: *[|>][-+]?)\s*(?:#.*)?$/.test(before) || /[[{]\s*$/.test(before);
  return spaces.length + dashes.length + (opens ? 2 : 0);
});

export const yaml = [
  colours,
  folds,
  indents,
  EditorState.languageData.of(() => [{ commentTokens: { line: "#" } }]),
];
