// Ctrl+K: one field for everything that can be found or done (the ARIA combobox pattern in a dialog).

import { chooseModel } from "./models.js";
import { navigate } from "./navigation.js";
import { drawPalette } from "./palettelist.js";
import { phrase } from "./texts.js";

/** Milliseconds without a key before the server is asked. */
const PAUSE = 120;

const dialog = document.getElementById("palette");
const input = document.getElementById("palette-input");
const list = document.getElementById("palette-list");

let found = null;
let underway = null;
let timer = 0;

export function openPalette() {
  if (dialog.open) return dialog.close();
  input.value = "";
  found = null;
  dialog.showModal();
  draw();
  fault("");
}

function options() {
  return [...list.querySelectorAll("[role=option]")];
}

function active() {
  return list.querySelector("[role=option][aria-selected=true]");
}

function draw() {
  const count = drawPalette(input.value, found);
  activate(options()[0]);
  document.getElementById("palette-said").textContent = input.value.trim() ? phrase("palette.found", { count }) : "";
}

function activate(option) {
  for (const one of options()) one.ariaSelected = String(one === option);
  if (option) input.setAttribute("aria-activedescendant", option.id);
  else input.removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
}

function move(step) {
  const all = options();
  activate(all[(all.indexOf(active()) + step + all.length) % all.length]);
}

function typed() {
  clearTimeout(timer);
  underway?.abort();
  if (input.value.trim()) timer = setTimeout(look, PAUSE);
  else found = null;
  draw();
}

/** Ask the server; what it said of other words stays on show until then. */
async function look() {
  const own = (underway = new AbortController());
  try {
    const address = `/search/palette/?q=${encodeURIComponent(input.value)}`;
    const answer = await fetch(address, { headers: { Accept: "application/json" }, signal: own.signal });
    if (answer.redirected) return location.reload(); // signed out
    const told = await answer.json();
    if (own.signal.aborted) return;
    fault(answer.ok ? "" : told.error.message);
    if (answer.ok) found = told;
  } catch {
    if (own.signal.aborted) return;
    fault(phrase("palette.lost"));
  }
  draw();
}

function fault(sentence) {
  const line = document.getElementById("palette-fault");
  line.textContent = sentence;
  line.hidden = !sentence;
}

function take(option, isElsewhere) {
  if (!option) return;
  const { url, press, model } = option.dataset;
  if (url && isElsewhere) return void open(url, "_blank", "noopener");
  dialog.close();
  if (url.startsWith("/c/")) navigate(new URL(url, location.href).href);
  else if (url) location.assign(url);
  else if (model) chooseModel(model);
  else document.querySelector(press)?.click();
}

function pressed(event) {
  if (event.isComposing) return;
  const { key, ctrlKey, metaKey } = event;
  if (key === "ArrowDown") move(1);
  else if (key === "ArrowUp") move(-1);
  else if (key === "Enter") take(active(), ctrlKey || metaKey);
  else return;
  event.preventDefault();
}

export function startPalette() {
  input.addEventListener("input", typed);
  input.addEventListener("keydown", pressed);
  list.addEventListener("click", (event) => take(event.target.closest("[role=option]"), event.ctrlKey || event.metaKey));
  list.addEventListener("pointermove", ({ target }) => {
    const option = target.closest("[role=option]");
    if (option && option !== active()) activate(option);
  });
  // A click beside the dialog is a click on its backdrop.
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => {
    clearTimeout(timer);
    underway?.abort();
  });
  document.addEventListener("click", (event) => {
    const opener = event.target.closest?.('[data-action="palette"]');
    if (!opener || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    openPalette();
  });
}
