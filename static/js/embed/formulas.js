// In a file that was exported: sets its formulas, after KaTeX, which stands before this in the same script.

for (const element of document.querySelectorAll(".math")) {
  const place = document.createElement("span");
  try {
    const displayMode = element.matches("div, .display");
    katex.render(element.textContent, place, { displayMode, trust: false, strict: "ignore", maxExpand: 500, maxSize: 30 });
    element.replaceChildren(place.firstElementChild);
    element.classList.add("is-set");
  } catch {
    element.classList.add("is-source"); // what cannot be set stays as it was written
  }
}
