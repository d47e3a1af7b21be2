// The text editor: CodeMirror for YAML, with the page's nonce and colours.

import { completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { bracketMatching, foldGutter, foldKeymap, indentUnit } from "@codemirror/language";
import { lintGutter, nextDiagnostic, previousDiagnostic } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from "@codemirror/view";

import { theme } from "./theme.js";
import { typing } from "./typing.js";
import { yaml } from "./yaml.js";

export function nonce() {
  return EditorView.cspNonce.of(document.querySelector("script[nonce]").nonce);
}

export function codeView({ parent, text, label, extensions }) {
  return new EditorView({
    parent,
    state: EditorState.create({ doc: text, extensions: [basics(label), ...extensions] }),
  });
}

function basics(label) {
  return [
    nonce(),
    theme,
    lineNumbers(),
    foldGutter(),
    lintGutter(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    highlightSelectionMatches(),
    drawSelection(),
    history(),
    typing,
    search({ top: true }),
    indentUnit.of("  "),
    bracketMatching(),
    yaml,
    EditorState.tabSize.of(2),
    EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", tabindex: "0" }),
    keymap.of([
      ...completionKeymap,
      ...defaultKeymap,
      ...searchKeymap,
      ...historyKeymap,
      ...foldKeymap,
      { key: "F8", run: nextDiagnostic },
      { key: "Shift-F8", run: previousDiagnostic },
      // CodeMirror lets Tab go to the browser for two seconds after Esc.
      indentWithTab,
    ]),
  ];
}
