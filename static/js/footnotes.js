// A mark in the text leads to its footnote, and the footnote back. They find each other by their labels within one answer:
// what a model wrote has no ids on the page.

import { find } from "./finding.js";

export function linkFootnotes(root) {
  const bodies = find(root, ".footnote, .footnote-mark").map((one) => one.closest(".message-body"));
  new Set(bodies).forEach((body) => body && link(body));
}

function link(body) {
  const marks = [...body.querySelectorAll(".footnote-mark")];
  for (const note of body.querySelectorAll(".footnote")) {
    const own = marks.filter((mark) => mark.dataset.note === note.dataset.note);
    own.filter((mark) => !mark.querySelector("button")).forEach(makeButton);
    if (own.length && !note.querySelector(".footnote-back")) offerWayBack(note);
  }
}

function makeButton(mark) {
  const button = clone(0, mark.dataset.note);
  button.append(...mark.childNodes);
  mark.append(button);
}

function offerWayBack(note) {
  (note.querySelector(":scope > p:last-child") ?? note).append(clone(1, note.dataset.note));
}

function clone(which, label) {
  const button = document.getElementById("footnote-template").content.children[which].cloneNode(true);
  button.ariaLabel = button.ariaLabel.replace("{label}", label);
  return button;
}

function go(from, to) {
  const target = [...from.closest(".message-body").querySelectorAll(to)].find(
    (one) => one.dataset.note === from.closest("[data-note]").dataset.note,
  );
  target?.scrollIntoView({ block: "nearest" });
  target?.querySelector("button")?.focus({ preventScroll: true });
}

export function startFootnotes() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(".footnote-link, .footnote-back");
    if (button) go(button, button.matches(".footnote-link") ? ".footnote" : ".footnote-mark");
  });
}
