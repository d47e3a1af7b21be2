// The address of the editor says what it began with, so that a reload begins with the same.

export function wanted(name) {
  return new URLSearchParams(location.search).get(name);
}

// Once the draft is saved it is what a reload shall show, whatever it began as.
export function toDraft() {
  const address = new URL(location);
  address.searchParams.delete("version");
  if (wanted("from")) address.searchParams.set("from", "draft");
  history.replaceState(history.state, "", address);
}

// A new DAG has an editor of its own once it has a version.
export function toEditorOf(version) {
  const address = new URL("../edit", new URL(version, location));
  history.replaceState(history.state, "", address);
}
