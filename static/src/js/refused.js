// A page that came back with a form that was refused: the typing goes on at the first field that is wrong.

document.querySelector('main [aria-invalid="true"]')?.focus();
