// The address of the editor says what it began with, so that a reload begins with the same.

export function wanted(name) {
  return new URLSearchParams(location.search).get(name);
}

// Once the draft is saved it is what a reload shall show, whatever it began as.
export function toDraft(slot) {
  const address = new URL(location);
  for (const name of ["version", "from", "draft"]) address.searchParams.delete(name);
  if (slot) address.searchParams.set("draft", slot);
  history.replaceState(history.state, "", address);
}

// A name that no DAG can have, for a draft that is not that of a DAG.
export function freshSlot() {
  const [number] = crypto.getRandomValues(new Uint32Array(1));
  return `-${number.toString(16).padStart(8, "0")}`;
}

// A new DAG has an editor of its own once it has a version.
export function toEditorOf(version) {
  const address = new URL("../edit", new URL(version, location));
  history.replaceState(history.state, "", address);
}
