// Sets formulas with KaTeX, which is loaded with the first one. What it cannot set stays on the page as it was written.

import { find } from "./finding.js";

const LONGEST = 10_000;
const AT_ONCE = 30; // milliseconds
const REMEMBERED = 400;
/** Nothing that was written may run, load, link or grow without end. */
const OPTIONS = { throwOnError: true, trust: false, strict: "ignore", maxExpand: 500, maxSize: 30 };
const WAITING = ".math:not(.is-set, .is-source)";

const known = new Map();
let loading = null;
let isLater = false;

export function setFormulas(root) {
  if (!find(root, WAITING).length) return;
  if (globalThis.katex) setWaiting(root);
  else load().then(() => setWaiting(document.body));
}

function load() {
  loading ??= Promise.all([import("../vendor/katex/katex.min.js"), loadStyle()]);
  return loading;
}

function loadStyle() {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = document.getElementById("code-template").dataset.formulaStyle;
  const loaded = new Promise((resolve) => ["load", "error"].forEach((name) => link.addEventListener(name, resolve)));
  document.head.append(link);
  return loaded;
}

/** Set as many as the eye does not notice; the others when the browser has had a breath. */
function setWaiting(root) {
  const start = performance.now();
  for (const element of find(root, WAITING)) {
    if (performance.now() - start > AT_ONCE) return setLater();
    set(element);
  }
}

function setLater() {
  if (isLater) return;
  isLater = true;
  setTimeout(() => {
    isLater = false;
    setWaiting(document.body);
  });
}

function set(element) {
  const tex = element.textContent;
  const displayMode = element.matches("div, .display");
  const drawn = tex.length > LONGEST ? null : draw(tex, displayMode);
  if (!drawn) return element.classList.add("is-source");
  element.classList.add("is-set");
  element.replaceChildren(drawn.cloneNode(true));
  if (displayMode) letScroll(element);
}

/** A formula of a paragraph that grows is asked for again and again. */
function draw(tex, displayMode) {
  const key = `${displayMode}${tex}`;
  if (!known.has(key)) {
    if (known.size >= REMEMBERED) known.delete(known.keys().next().value);
    known.set(key, render(tex, displayMode));
  }
  return known.get(key);
}

function render(tex, displayMode) {
  const place = document.createElement("span");
  try {
    globalThis.katex.render(tex, place, { ...OPTIONS, displayMode });
  } catch {
    return null; // a mistake in the formula, or one so deep that no browser follows it
  }
  return place.firstElementChild;
}

/** What is wider than the page scrolls by itself, by keyboard too. */
function letScroll(element) {
  requestAnimationFrame(() => element.scrollWidth > element.clientWidth && element.setAttribute("tabindex", "0"));
}

/** What is copied has formulas as they were written, not twice as they are drawn. */
function copyAsWritten(event) {
  const selection = getSelection();
  if (selection.isCollapsed || event.target.closest?.("textarea, input")) return;
  const copied = selection.getRangeAt(0).cloneContents();
  const drawn = [...copied.querySelectorAll(".math.is-set")];
  if (!drawn.length) return;
  drawn.forEach((formula) => formula.replaceChildren(asWritten(formula)));
  const place = document.createElement("div");
  place.className = "prose visually-hidden";
  place.append(copied);
  document.body.append(place);
  event.clipboardData.setData("text/plain", place.innerText);
  event.clipboardData.setData("text/html", place.innerHTML);
  place.remove();
  event.preventDefault();
}

function asWritten(formula) {
  const mark = formula.matches("div, .display") ? "$$" : "$";
  return `${mark}${formula.querySelector("annotation")?.textContent ?? ""}${mark}`;
}

export function startFormulas() {
  document.addEventListener("copy", copyAsWritten);
}
