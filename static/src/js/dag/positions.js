// The server counts lines and code points from 1; CodeMirror counts UTF-16 units from 0.

export function offsetOf(doc, line, column) {
  const at = doc.line(Math.min(Math.max(line, 1), doc.lines));
  const before = [...at.text].slice(0, Math.max(column - 1, 0)).join("");
  return at.from + before.length;
}

// From a problem's place to the end of the word there, or of what the line says.
export function rangeOf(doc, { line, column }) {
  const from = offsetOf(doc, line ?? 1, column ?? 1);
  const rest = doc.sliceString(from, doc.lineAt(from).to);
  const word = /^[^\s,:{}[\]#]+/.exec(rest)?.[0] ?? rest.trimEnd();
  return { from, to: from + word.length };
}
