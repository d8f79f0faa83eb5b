// Draws the list of models: presets, then a group for each provider, with its fault in words when its list is not there.

import { phrase } from "./texts.js";

/** Draw what of the catalogue has the query in its name; `selected` are ids. */
export function renderModels(catalogue, { query, selected }) {
  const words = query.trim().toLowerCase().split(/\s+/);
  const providers = [presets(catalogue), ...catalogue.providers];
  const groups = providers.map((provider) => group(provider, { query, words, selected })).filter(Boolean);
  document.getElementById("models-list").replaceChildren(...groups);
  document.getElementById("models-none").hidden = groups.length > 0;
}

/** The presets, as if somebody provided them. */
function presets({ presets: models }) {
  return { id: "preset", label: phrase("models.presets"), reason: "", is_listed: true, models };
}

function group(provider, { query, words, selected }) {
  const found = provider.models.filter((model) => matches(`${provider.label} ${model.label} ${model.model ?? model.id}`, words));
  if (!provider.is_listed && query.trim()) found.push(anyName(provider, query.trim()));
  const reason = query.trim() ? "" : provider.reason;
  if (!found.length && !reason) return null;
  const section = fromTemplate("models-group-template");
  const heading = section.querySelector(".models-provider");
  heading.id = `models-of-${provider.id}`;
  heading.textContent = provider.label;
  heading.hidden = found.length === 1 && found[0].label === provider.label;
  section.setAttribute("aria-labelledby", heading.id);
  section.append(...found.map((model) => option(model, selected)));
  if (reason) section.append(fault(reason));
  return section;
}

function matches(text, words) {
  return words.every((word) => text.toLowerCase().includes(word));
}

/** A provider whose list is not there takes every name. */
function anyName(provider, name) {
  return { id: `${provider.id}/${name}`, label: name };
}

function option(model, selected) {
  const row = fromTemplate("models-option-template");
  row.id = `model-${model.id}`;
  row.dataset.model = model.id;
  row.ariaSelected = String(selected.includes(model.id));
  row.querySelector(".models-label").textContent = model.label;
  const note = row.querySelector(".models-note");
  note.textContent = model.model ?? "";
  note.hidden = !model.model;
  return row;
}

function fault(reason) {
  const line = document.createElement("p");
  line.className = "models-fault";
  line.textContent = reason;
  return line;
}

function fromTemplate(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}
