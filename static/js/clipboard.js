// Copies text and shows on the button that it was done.

import { phrase } from "./texts.js";
import { toast } from "./toasts.js";

const SHOWN_FOR = 1500;

export async function copyText(text, button) {
  try {
    await write(text);
  } catch {
    toast(phrase("copy.failed"), { kind: "error" });
    return;
  }
  confirm(button);
}

/** Copy what a field holds; where the browser does not allow it, the text is selected, ready to be copied by hand. */
export async function copyField(field, button) {
  try {
    await write(field.value);
    confirm(button);
  } catch {
    field.select();
  }
}

/** The clipboard is closed to pages over plain http on other machines; the old way still works there. */
async function write(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  const isDone = document.execCommand("copy");
  field.remove();
  if (!isDone) throw new Error("refused");
}

function confirm(button) {
  const use = button.querySelector("use");
  const before = use.getAttribute("href");
  if (before.endsWith("#check")) return;
  const label = button.ariaLabel;
  use.setAttribute("href", before.replace(/#.*/, "#check"));
  button.ariaLabel = phrase("copy.done");
  setTimeout(() => {
    use.setAttribute("href", before);
    button.ariaLabel = label;
  }, SHOWN_FOR);
}
