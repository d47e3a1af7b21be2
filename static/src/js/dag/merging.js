// Two changes of one text put together, when they touch different lines; and texts beside what they came from. Loaded when needed:
// it is heavy and most days nobody compares.

import { EditorState, ChangeSet, Text } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import { Chunk, unifiedMergeView } from "@codemirror/merge";

import { nonce } from "./code.js";
import { theme } from "./theme.js";
import { yaml } from "./yaml.js";

// A limit on the search for the smallest difference: of a long text a rough one at once is better.
const SCAN = { scanLimit: 2000, timeout: 300 };

export function compare(parent, { before, after, label }) {
  parent.replaceChildren();
  return new EditorView({
    parent,
    state: EditorState.create({
      doc: after,
      extensions: [
        nonce(),
        theme,
        lineNumbers(),
        yaml,
        EditorState.readOnly.of(true),
        EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
        unifiedMergeView({
          original: before,
          mergeControls: false,
          collapseUnchanged: { margin: 3, minSize: 6 },
          diffConfig: SCAN,
        }),
      ],
    }),
  });
}

// The merged text, or null when both changed the same lines.
export function merged(base, mine, theirs) {
  // With a last line end, a change is always whole lines.
  const [from, one, other] = [base, mine, theirs].map((text) => Text.of(`${text}\n`.split("\n")));
  const [ours, foreign] = [changes(from, one), changes(from, other)];
  if (ours.some((change) => foreign.some((against) => touch(change, against)))) return null;
  const theirSet = ChangeSet.of(foreign, from.length);
  const ourSet = ChangeSet.of(ours, from.length).map(theirSet);
  return ourSet.apply(theirSet.apply(from)).toString().slice(0, -1);
}

function changes(from, to) {
  return Chunk.build(from, to, SCAN).map(({ fromA, toA, fromB, toB }) => ({
    from: fromA,
    to: Math.min(toA, from.length),
    insert: to.slice(fromB, Math.min(toB, to.length)),
  }));
}

const touch = (one, other) => one.from <= other.to && other.from <= one.to;
