// The buttons of code: wrap long lines, copy, save as a file, and look at what it makes where that is a page or a picture.

import { copyText } from "./clipboard.js";
import { find } from "./finding.js";
import { openPreview } from "./preview.js";

const PAGES = new Set(["html", "htm", "xhtml", "svg"]);
/** Code without a language; what it is called depends on the reader's. */
const PLAIN = new Set(["", "text", "txt", "plain", "plaintext", "none"]);

export function furnishCode(root) {
  const template = document.getElementById("code-template");
  for (const caption of find(root, ".code > figcaption:not(:has(.code-buttons))")) {
    const buttons = template.content.firstElementChild.cloneNode(true);
    buttons.querySelector('[data-action="preview-code"]').hidden = !isPage(caption.parentElement);
    caption.append(buttons);
    if (PLAIN.has(caption.parentElement.dataset.language)) caption.firstElementChild.textContent = template.dataset.plain;
  }
}

export function textOf(figure) {
  return figure.querySelector("pre").textContent;
}

function isPage(figure) {
  const { language } = figure.dataset;
  return PAGES.has(language) || (language === "xml" && textOf(figure).trimStart().startsWith("<svg"));
}

function toggleWrap(figure, button) {
  const isWrapped = figure.classList.toggle("is-wrapped");
  button.setAttribute("aria-pressed", String(isWrapped));
}

function save(figure) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([textOf(figure)], { type: "text/plain" }));
  link.download = figure.dataset.file || "code.txt";
  link.click();
  URL.revokeObjectURL(link.href);
}

const ACTIONS = {
  "wrap-code": toggleWrap,
  "copy-code": (figure, button) => copyText(textOf(figure), button),
  "save-code": save,
  "preview-code": (figure) => openPreview(textOf(figure)),
};

export function startCode() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(".code-buttons [data-action]");
    if (button) ACTIONS[button.dataset.action]?.(button.closest(".code"), button);
  });
}
