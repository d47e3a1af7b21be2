// What is typed over a selection. The browser's own way joins the lines that are left, and keeps their look by inline styles, which the
// policy of the page forbids: each would be an error in the console.

import { EditorView } from "@codemirror/view";

export const typing = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { state } = view;
    const isOver = state.selection.ranges.some(({ empty }) => !empty);
    if (event.inputType !== "insertText" || !event.data || view.composing || !isOver) return false;
    view.dispatch(state.replaceSelection(event.data), {
      userEvent: "input.type",
      scrollIntoView: true,
    });
    return true;
  },
});
