// After a crash: what this browser kept and the server never got is shown against what the server has, and somebody chooses.

export async function restore({ draft, parts, dialogs }) {
  const kept = draft.kept();
  if (!kept) return null;
  const at = new Date(kept.at).toISOString().replace("T", " ").slice(0, 19);
  parts["restore-said"].textContent =
    `It was typed here until ${at} UTC and not saved. Below is how it differs from the server’s text.`;
  dialogs.restore.showModal();
  const { compare } = await import("./merging.js");
  const label = "This browser’s text against the server’s";
  compare(parts["restore-diff"], { before: draft.saved, after: kept.text, label });
  if (!(await chosen(parts, dialogs.restore))) {
    draft.forget();
    return null;
  }
  return kept;
}

// Who closes the dialog keeps what was typed: undo brings the server’s text back.
function chosen(parts, dialog) {
  return new Promise((resolve) => {
    const choose = (isKept) => {
      resolve(isKept);
      dialog.close();
    };
    parts["restore-yes"].addEventListener("click", () => choose(true), { once: true });
    parts["restore-no"].addEventListener("click", () => choose(false), { once: true });
    dialog.addEventListener("close", () => resolve(true), { once: true });
  });
}
