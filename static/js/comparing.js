// Choosing several models in the selector, to be asked the next question side by side.

import { emit, on } from "./bus.js";
import { invokerOf } from "./menus.js";
import { phrase } from "./texts.js";

let chosen = null;
let most = 0;

export function isComparing() {
  return chosen !== null;
}

/** The models to ask side by side; none where one alone is asked. */
export function comparedModels() {
  return chosen?.length > 1 ? chosen : [];
}

/** What the list marks as chosen. */
export function chosenModels(current) {
  return chosen ?? [current];
}

/** Choose a model, or no longer; tells whether that could be. */
export function toggleModel(id) {
  if (chosen.includes(id)) chosen = chosen.filter((one) => one !== id);
  else if (chosen.length < most) chosen = [...chosen, id];
  say();
}

/** Begin to choose several, or end it; `current` is the one chosen alone. */
export function toggleComparing(current) {
  chosen = chosen ? null : [current].filter(Boolean);
  say();
}

export function stopComparing() {
  chosen = null;
  say();
}

/** Offer it where more than one can be asked, and not for an answer that is asked for again. */
export function offerComparing(limit) {
  most = limit;
  const isForAnswer = Boolean(invokerOf(document.getElementById("models-popup"))?.closest(".message"));
  document.getElementById("models-several").hidden = most < 2 || isForAnswer;
}

function say() {
  const button = document.getElementById("models-compare");
  if (!button) return;
  button.ariaPressed = String(isComparing());
  const list = document.getElementById("models-list");
  if (isComparing()) list.ariaMultiSelectable = "true";
  else list.removeAttribute("aria-multiselectable");
  emit("compare:changed");
  document.getElementById("models-count").textContent = isComparing() ? phrase("compare.count", { count: chosen.length, most }) : "";
}

export function startComparing() {
  on("talk:changed", stopComparing);
  on("outbox:refused", ({ frame }) => {
    if (frame.models) chosen = frame.models;
    say();
  });
}
