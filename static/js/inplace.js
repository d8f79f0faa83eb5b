// A field of one line that stands in place of what it changes.

/**
 * Put the field of a template in place of `element`, with the words `before`, until something is taken (Enter, or the focus goes
 * where words were changed) or dropped (Esc). `take` gets what is not empty.
 */
export function askInPlace(element, template, before, take) {
  const form = document.getElementById(template).content.firstElementChild.cloneNode(true);
  const input = form.querySelector("input");
  input.value = before;
  element.hidden = true;
  element.after(form);
  input.focus();
  input.select();
  let isDone = false;
  const finish = (isTaken, hasFocus) => {
    if (isDone) return;
    isDone = true;
    form.remove();
    element.hidden = false;
    if (hasFocus) element.focus();
    const words = input.value.trim();
    if (isTaken && words) take(words);
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    finish(true, true);
  });
  input.addEventListener("blur", () => finish(true, false));
  input.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape" && !event.isComposing) finish(false, true);
  });
}
