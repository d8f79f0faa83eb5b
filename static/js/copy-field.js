// A button that copies the field it names in data-copies; without scripts, people copy the field by hand.

import { copyField } from "./clipboard.js";

for (const button of document.querySelectorAll("[data-copies]")) {
  const field = document.getElementById(button.dataset.copies);
  button.hidden = false;
  button.addEventListener("click", () => copyField(field, button));
  field.addEventListener("focus", () => field.select());
}
