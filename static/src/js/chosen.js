// Fields that mean something with one choice of another field only: `data-only-with="whose=job"`. The others' values are not sent.

for (const field of document.querySelectorAll("[data-only-with]")) {
  const [name, value] = field.dataset.onlyWith.split("=");
  const choice = field.form.elements[name];
  const show = () => {
    field.disabled = choice.value !== value;
    field.closest(".field").hidden = field.disabled;
  };
  choice.addEventListener("change", show);
  show();
}
