// Draws Mermaid diagrams. Mermaid runs in one sandboxed frame, for all diagrams of the page, and is loaded with the first.
// What it draws comes back as text and is shown as a picture, in which nothing runs and nothing loads. The source of a
// diagram is one button away; where it cannot be drawn, it stays on the page with a sentence.

import { textOf } from "./code.js";
import { find } from "./finding.js";

const DIAGRAM = '.code[data-language="mermaid"]:not([data-open])';
const BEGUN = '.code[data-language="mermaid"][data-open]';
const PATIENCE = 15_000; // the first one waits for Mermaid itself
const IDLE = 60_000; // then the frame gives its memory back
const LONGEST = 20_000;
const LARGEST = 4_000_000;
/** On a narrow screen a picture shrinks to this part of its width, and scrolls rather than becoming too small to read. */
const READABLE = 0.7;
const WIDE_ENOUGH = 480;

const waiting = [];
let frame = null;
let isReady = false;
let current = null;
let timer = 0;
let lastId = 0;

export function drawDiagrams(root) {
  if (find(root, BEGUN).length) frame ??= openFrame(); // so that it is there when the diagram is
  for (const figure of find(root, `${DIAGRAM}:not([data-diagram])`)) ask(figure);
}

function ask(figure) {
  figure.dataset.diagram = "waiting";
  if (textOf(figure).length > LONGEST) return fail(figure);
  waiting.push(figure);
  next();
}

function next() {
  if (current) return;
  while (waiting.length && !waiting[0].isConnected) waiting.shift();
  if (!waiting.length) return rest();
  frame ??= openFrame();
  if (!isReady) return startTimer();
  lastId += 1;
  current = { id: lastId, figure: waiting.shift() };
  startTimer();
  const { figure, id } = current;
  frame.contentWindow.postMessage({ id, source: textOf(figure), ...looksOf(figure) }, "*");
}

function openFrame() {
  const made = document.createElement("iframe");
  const { diagramFrame } = document.getElementById("code-template").dataset;
  Object.assign(made, { className: "diagram-frame", src: diagramFrame, tabIndex: -1, ariaHidden: "true" });
  made.setAttribute("sandbox", "allow-scripts"); // never allow-same-origin
  document.body.append(made);
  return made;
}

function closeFrame() {
  frame?.remove();
  frame = null;
  isReady = false;
}

function rest() {
  clearTimeout(timer);
  timer = setTimeout(closeFrame, IDLE);
}

/** Who neither starts nor answers is let go; the others are drawn in a new frame. */
function startTimer() {
  clearTimeout(timer);
  timer = setTimeout(() => {
    closeFrame();
    const figures = current ? [current.figure] : waiting.splice(0);
    current = null;
    figures.forEach(fail);
    next();
  }, PATIENCE);
}

function looksOf(figure) {
  const { color, fontFamily } = getComputedStyle(figure);
  return { isDark: isLight(color), font: fontFamily };
}

/** Whether a colour is light, as the browser draws it. */
function isLight(colour) {
  const brush = document.createElement("canvas").getContext("2d");
  brush.fillStyle = colour;
  brush.fillRect(0, 0, 1, 1);
  const [red, green, blue] = brush.getImageData(0, 0, 1, 1).data;
  return red + green + blue > 382;
}

function received({ source, data }) {
  if (!frame || source !== frame.contentWindow) return;
  if (data === "ready") isReady = true;
  else if (data?.id === current?.id) finish(data);
  else return;
  clearTimeout(timer);
  next();
}

function finish({ svg, width, height }) {
  const { figure } = current;
  current = null;
  const isDrawn = typeof svg === "string" && svg.length < LARGEST && width > 0 && height > 0;
  if (isDrawn) show(figure, svg, Math.round(width), Math.round(height));
  else fail(figure);
}

function part(figure, name) {
  return figure.querySelector(`:scope > .${name}`);
}

function furnish(figure) {
  if (part(figure, "diagram")) return;
  const parts = document.getElementById("diagram-template").content.cloneNode(true);
  figure.querySelector("figcaption").after(...parts.children);
}

function show(figure, svg, width, height) {
  furnish(figure);
  const picture = part(figure, "diagram").querySelector("img");
  Object.assign(picture, { width, height, src: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}` });
  picture.style.minInlineSize = `${Math.min(width * READABLE, WIDE_ENOUGH)}px`;
  figure.dataset.diagram = "drawn";
  figure.querySelector('[data-action="show-source"]').hidden = false;
  figure.querySelector('[data-action="wrap-code"]').hidden = true;
}

function fail(figure) {
  furnish(figure);
  figure.dataset.diagram = "failed";
}

function redraw() {
  for (const figure of document.querySelectorAll('[data-diagram="drawn"]')) {
    waiting.push(figure);
  }
  next();
}

export function startDiagrams() {
  addEventListener("message", received);
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.('[data-action="show-source"]');
    if (!button) return;
    const isShown = button.closest(".code").classList.toggle("shows-source");
    button.setAttribute("aria-pressed", String(isShown));
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  const theme = { attributes: true, attributeFilter: ["data-theme", "data-contrast"] };
  new MutationObserver(redraw).observe(document.documentElement, theme);
}
