// A text beside what it came from, and two changes of one text put together. Loaded when needed: it is heavy and most days nobody compares.

import { EditorState } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import { unifiedMergeView } from "@codemirror/merge";

import { nonce } from "./code.js";
import { theme } from "./theme.js";
import { SCAN } from "./three-way.js";
import { yaml } from "./yaml.js";

export { conflictsOf, joined, threeWay } from "./three-way.js";

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
