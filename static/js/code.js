// Code blocks get their buttons: wrap long lines, copy. Blocks come from the server without them.

import { copyText } from "./clipboard.js";

function furnish() {
  const template = document.getElementById("code-template").content.firstElementChild;
  for (const caption of document.querySelectorAll(".code > figcaption:not(:has(.code-buttons))")) {
    caption.append(template.cloneNode(true));
  }
}

function toggleWrap(button) {
  const isWrapped = button.closest(".code").classList.toggle("is-wrapped");
  button.setAttribute("aria-pressed", String(isWrapped));
}

export function startCode() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(".code-buttons [data-action]");
    if (button?.dataset.action === "wrap-code") toggleWrap(button);
    if (button?.dataset.action === "copy-code") copyText(button.closest(".code").querySelector("pre").textContent, button);
  });

  furnish();
  new MutationObserver(furnish).observe(document.body, { childList: true, subtree: true });
}
