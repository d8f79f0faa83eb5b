// Which model answers: a button in the header with a searchable list (the ARIA combobox pattern). The talk carries the
// choice in data-model; the last one made is remembered for new conversations.

import { emit, on } from "./bus.js";
import * as comparing from "./comparing.js";
import { invokerOf } from "./menus.js";
import { renderModels } from "./modellist.js";
import { phrase } from "./texts.js";

const KEY = "model";
const RETRY_AFTER = 1000;
const TRIES = 15;

let catalogue = JSON.parse(document.getElementById("model-catalogue").textContent);

/** A model's name for people. */
export function modelName(id) {
  const known = catalogue.providers.flatMap(({ models }) => models).find((model) => model.id === id);
  return known ? known.label : id.slice(id.indexOf("/") + 1);
}

/** The model that answers next, or "" when there is none. */
export function currentModel() {
  return document.getElementById("talk").dataset.model;
}

/** What can be chosen, for whoever offers it elsewhere. */
export function offeredModels() {
  const presets = catalogue.presets.map(({ id, label, model }) => ({ id, label, provider: model }));
  const models = catalogue.providers.flatMap((one) => one.models.map(({ id, label }) => ({ id, label, provider: one.label })));
  return [...presets, ...models];
}

export function chooseModel(id) {
  show(id);
  try {
    localStorage.setItem(KEY, id);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

function show(id) {
  if (id === currentModel()) return; // Its name came with the page.
  document.getElementById("talk").dataset.model = id;
  nameChosen();
}

function nameChosen() {
  const id = currentModel();
  const count = comparing.comparedModels().length;
  const name = id ? choiceName(id) : phrase("models.none");
  document.getElementById("models-name").textContent = count ? phrase("compare.models", { count }) : name;
}

/** What was chosen, for people: the model, after its preset where there is one. */
function choiceName(id) {
  const preset = catalogue.presets.find((one) => one.id === id);
  return preset ? `${preset.label} · ${preset.model}` : modelName(id);
}

/** A new conversation begins with the model that was chosen last, if it can still be asked. */
function begin() {
  const talk = document.getElementById("talk");
  const remembered = talk.dataset.conversation ? "" : readChoice();
  show(canBeAsked(remembered) ? remembered : talk.dataset.model);
}

function readChoice() {
  try {
    return localStorage.getItem(KEY) ?? "";
  } catch {
    return "";
  }
}

function canBeAsked(id) {
  if (catalogue.presets.some((preset) => preset.id === id)) return true;
  const provider = catalogue.providers.find((one) => id.startsWith(`${one.id}/`));
  return Boolean(provider && (!provider.is_listed || provider.models.some((model) => model.id === id)));
}

/** Lists change while a page stays open: what is shown at once is looked up again each time it is opened. */
async function refresh() {
  try {
    const answer = await fetch("/models/", { headers: { Accept: "application/json" } });
    if (!answer.ok || answer.redirected) return;
    catalogue = await answer.json();
  } catch {
    return; // Offline: the list that is there still says what can be chosen.
  }
  if (!currentModel()) show(catalogue.default);
  render();
}

/** Right after the site was started, its lists may still be on their way. */
async function seekModel(tries = TRIES) {
  if (currentModel() || !tries) return;
  await refresh();
  setTimeout(seekModel, RETRY_AFTER, tries - 1);
}

function input() {
  return document.getElementById("models-input");
}

function options() {
  return [...document.querySelectorAll("#models-list [role=option]")];
}

/** Draw the list anew; where somebody was stays, because it may be drawn again under their fingers. */
function render() {
  const active = input().getAttribute("aria-activedescendant");
  renderModels(catalogue, { query: input().value, selected: comparing.chosenModels(currentModel()) });
  comparing.offerComparing(catalogue.most);
  const all = options();
  activate(all.find(({ id }) => id === active) ?? all.find((option) => option.ariaSelected === "true") ?? all[0]);
}

function activate(option) {
  for (const one of options()) one.classList.toggle("is-active", one === option);
  if (option) input().setAttribute("aria-activedescendant", option.id);
  else input().removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
}

function move(step) {
  const all = options();
  const index = all.findIndex((option) => option.classList.contains("is-active"));
  activate(all[(index + step + all.length) % all.length]);
}

function take(option) {
  if (!option) return;
  const popup = document.getElementById("models-popup");
  const answer = invokerOf(popup)?.closest(".message");
  if (!answer && comparing.isComparing()) {
    comparing.toggleModel(option.dataset.model);
    return render();
  }
  if (answer) emit("models:asked-again", { reply: answer.dataset.message, model: option.dataset.model });
  else chooseModel(option.dataset.model);
  popup.hidePopover();
}

export function startModels() {
  document.addEventListener(
    "toggle",
    ({ target, newState }) => {
      if (target.id !== "models-popup") return;
      activate(null);
      if (newState === "closed") return void (input().value = "");
      render();
      input().focus();
      refresh();
    },
    true,
  );

  document.addEventListener("input", (event) => event.target.id === "models-input" && render());

  document.addEventListener("keydown", (event) => {
    if (event.target.id !== "models-input" || event.isComposing) return;
    if (event.key === "ArrowDown") move(1);
    else if (event.key === "ArrowUp") move(-1);
    else if (event.key === "Enter") take(options().find((option) => option.classList.contains("is-active")));
    else return;
    event.preventDefault();
  });

  // The links at the foot come after the list; whoever goes on from there has left.
  document.addEventListener("focusout", ({ target, relatedTarget }) => {
    const popup = target.closest?.("#models-popup");
    if (popup && relatedTarget && !popup.contains(relatedTarget)) popup.hidePopover();
  });

  document.addEventListener("pointermove", (event) => {
    const option = event.target.closest?.("#models-list [role=option]");
    if (option && !option.classList.contains("is-active")) activate(option);
  });

  document.addEventListener("click", (event) => take(event.target.closest?.("#models-list [role=option]")));
  addEventListener("storage", (event) => event.key === KEY && !document.querySelector(".message") && begin());
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("#models-compare")) return;
    comparing.toggleComparing(currentModel());
    render();
    input().focus();
  });
  on("compare:changed", nameChosen);
  on("talk:changed", begin);
  begin();
  seekModel();
}
