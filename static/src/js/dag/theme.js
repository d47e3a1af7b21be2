// CodeMirror in the colours of the page: custom properties, so that a change of theme needs no second style sheet.

import { EditorView } from "@codemirror/view";

const look = EditorView.theme({
  "&": { height: "100%", backgroundColor: "var(--canvas)", color: "var(--text)" },
  "&.cm-focused": { outline: "2px solid var(--accent-fill)", outlineOffset: "-2px" },
  ".cm-scroller": { fontFamily: "var(--mono)", fontSize: "var(--size-mono)", lineHeight: "20px" },
  ".cm-content": { caretColor: "var(--text)", padding: "8px 0" },
  ".cm-cursor, .cm-dropCursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": {
    backgroundColor: "var(--surface)",
    color: "var(--text-quiet)",
    borderRight: "1px solid var(--line)",
  },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--hover) 60%, transparent)" },
  ".cm-activeLineGutter": { backgroundColor: "var(--pressed)", color: "var(--text)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground":
    { background: "color-mix(in srgb, var(--accent-fill) 26%, transparent)" },
  ".cm-selectionMatch": { backgroundColor: "var(--accent-soft)" },
  "&.cm-focused .cm-matchingBracket": {
    backgroundColor: "var(--pressed)",
    outline: "1px solid var(--line-strong)",
  },
  "&.cm-focused .cm-nonmatchingBracket": { backgroundColor: "var(--failed-soft)" },
  ".cm-foldPlaceholder": {
    backgroundColor: "var(--pressed)",
    border: "0",
    color: "var(--text-quiet)",
    padding: "0 6px",
  },
  ".cm-tooltip": {
    backgroundColor: "var(--raised)",
    color: "var(--text)",
    border: "1px solid var(--line)",
    borderRadius: "6px",
    boxShadow: "var(--shadow)",
    maxWidth: "min(460px, 90vw)",
  },
  // As high as what it shows: a list that scrolls would have to be reached by Tab.
  ".cm-tooltip.cm-tooltip-autocomplete > ul": {
    maxHeight: "none",
    fontFamily: "var(--mono)",
    fontSize: "var(--size-mono)",
  },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": {
    backgroundColor: "var(--accent-soft)",
    color: "var(--text)",
  },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "700" },
  ".cm-completionDetail": { color: "var(--text-quiet)", fontStyle: "normal" },
  ".cm-completionInfo": { padding: "6px 10px", fontFamily: "var(--font)" },
  ".cm-diagnostic": { borderLeft: "3px solid var(--state-failed)", padding: "4px 10px" },
  ".cm-lintRange-error": {
    backgroundImage: "none",
    textDecoration: "underline wavy var(--state-failed) 1px",
    textUnderlineOffset: "3px",
  },
  ".cm-panels": { backgroundColor: "var(--surface)", color: "var(--text)" },
  ".cm-panels.cm-panels-top": { borderBottom: "1px solid var(--line)" },
  ".cm-panels.cm-panels-bottom": { borderTop: "1px solid var(--line)" },
  ".cm-searchMatch": {
    backgroundColor: "var(--waiting-soft)",
    outline: "1px solid var(--state-retrying)",
  },
  ".cm-searchMatch-selected": { backgroundColor: "var(--accent-soft)" },
  ".cm-textfield": {
    backgroundColor: "var(--canvas)",
    border: "1px solid var(--line-strong)",
    borderRadius: "4px",
  },
  ".cm-button": {
    backgroundImage: "none",
    backgroundColor: "var(--raised)",
    border: "1px solid var(--line-strong)",
    borderRadius: "4px",
  },
  ".cm-changedLine": { backgroundColor: "var(--ok-soft) !important" },
  ".cm-changedText": {
    background: "color-mix(in srgb, var(--state-ok) 12%, transparent) !important",
  },
  ".cm-deletedChunk": { backgroundColor: "var(--failed-soft) !important" },
  ".cm-deletedChunk .cm-deletedText": {
    background: "color-mix(in srgb, var(--state-failed) 10%, transparent) !important",
  },
  ".cm-changeGutter": { width: "4px", paddingLeft: "0" },
  ".cm-changedLineGutter": { backgroundColor: "var(--state-ok)" },
  ".cm-deletedLineGutter": { backgroundColor: "var(--state-failed)" },
  ".cm-collapsedLines:before, .cm-collapsedLines:after": { content: "'…'" },
  ".cm-collapsedLines": {
    background: "var(--surface)",
    color: "var(--text-quiet)",
    padding: "4px 12px",
  },
});

const words = EditorView.theme({
  ".yaml-key": { color: "var(--accent)" },
  ".yaml-comment": { color: "var(--text-quiet)", fontStyle: "italic" },
  ".yaml-string": { color: "var(--state-ok)" },
  ".yaml-literal": { color: "var(--state-waiting)" },
  ".yaml-anchor": { color: "var(--state-retrying)" },
  ".yaml-mark": { color: "var(--text-quiet)" },
});

export const theme = [look, words];
