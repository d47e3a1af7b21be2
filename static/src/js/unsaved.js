// Rows that are each a form of their own: saving one draws the page anew, and what is typed in the others would be gone without a word.

const changed = new Set();
let sending = null;

const formOf = (field) => (field.form?.matches("[data-row-form]") ? field.form : null);

document.addEventListener("input", ({ target }) => formOf(target) && changed.add(target.form));
document.addEventListener("submit", ({ target }) => (sending = target));

addEventListener("beforeunload", (event) => {
  const others = [...changed].filter((form) => form !== sending);
  sending = null;
  if (others.length) event.preventDefault();
});
