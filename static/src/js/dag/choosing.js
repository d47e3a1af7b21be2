// Two texts where there is room for one: how they differ is shown, and somebody chooses.

// Answers "yes" or "no", or "" to whoever closes it and chooses nothing.
export async function choose({ dialogs, parts }, { title, said, yes, no, ...texts }) {
  dialogs.texts.querySelector("h2").textContent = title;
  parts["texts-said"].textContent = said;
  parts["texts-yes"].textContent = yes;
  parts["texts-no"].textContent = no;
  const choice = chosen(dialogs.texts, parts);
  dialogs.texts.showModal();
  const { compare } = await import("./merging.js");
  compare(parts["texts-diff"], texts);
  return choice;
}

function chosen(dialog, parts) {
  const listening = new AbortController();
  const { signal } = listening;
  dialog.returnValue = "";
  return new Promise((resolve) => {
    for (const answer of ["yes", "no"])
      parts[`texts-${answer}`].addEventListener("click", () => dialog.close(answer), { signal });
    const end = () => {
      listening.abort();
      resolve(dialog.returnValue);
    };
    dialog.addEventListener("close", end, { signal });
  });
}

export function moment(at) {
  return `${new Date(at).toISOString().replace("T", " ").slice(0, 19)} UTC`;
}
