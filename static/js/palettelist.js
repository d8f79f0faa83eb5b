// What the palette offers: what the server found, and the actions and models whose names fit. Draws it, and knows no keys.

import { listRows, titleOf } from "./list.js";
import { offeredModels } from "./models.js";
import { phrase } from "./texts.js";

const RECENT = 6;
const MOST_MODELS = 5;

/** Draw all groups; `found` is what the server said last, or nothing before it has. Returns how many options there are. */
export function drawPalette(query, found) {
  const words = query.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const groups = [
    group("conversations", words.length ? talks(found) : recent()),
    group("actions", actions(words)),
    group("models", words.length ? models(words) : []),
    group("messages", words.length ? messages(found, query.trim()) : []),
  ].filter(Boolean);
  document.getElementById("palette-list").replaceChildren(...groups);
  return document.querySelectorAll("#palette-list [role=option]").length;
}

function recent() {
  const rows = listRows().slice(0, RECENT);
  return rows.map((row) => option({ url: row.querySelector(".row-link").getAttribute("href"), title: [[titleOf(row), false]] }));
}

function talks(found) {
  return (found?.conversations ?? []).map(option);
}

function messages(found, query) {
  const all = { url: `/search/?q=${encodeURIComponent(query)}`, title: [[phrase("palette.all", { query }), false]] };
  return [...(found?.messages ?? []), all].map(option);
}

function actions(words) {
  const known = [...document.getElementById("palette-actions").content.children];
  return known.filter((one) => fits(one.textContent, words)).map((one) => option({ title: [[one.textContent, false]], ...one.dataset }));
}

function models(words) {
  const fitting = offeredModels().filter(({ label, provider }) => fits(`${provider} ${label}`, words));
  return fitting.slice(0, MOST_MODELS).map(({ id, label, provider }) => option({ model: id, title: [[phrase("palette.answer_with", { model: label }), false]], text: [[provider, false]] }));
}

function fits(text, words) {
  return words.every((word) => text.toLowerCase().includes(word));
}

function group(name, options) {
  if (!options.length) return null;
  const section = fromTemplate("palette-group-template");
  const heading = section.querySelector(".palette-heading");
  heading.id = `palette-of-${name}`;
  heading.textContent = phrase(`palette.${name}`);
  section.setAttribute("aria-labelledby", heading.id);
  options.forEach((one, number) => (one.id = `${heading.id}-${number}`));
  section.append(...options);
  return section;
}

function option({ title, text = [], url = "", press = "", model = "" }) {
  const row = fromTemplate("palette-option-template");
  Object.assign(row.dataset, { url, press, model });
  row.querySelector(".palette-title").append(...title.map(part));
  const more = row.querySelector(".palette-text");
  more.append(...text.map(part));
  more.hidden = !text.length;
  return row;
}

/** A piece of text, marked where it is a hit. */
function part([text, isHit]) {
  if (!isHit) return text;
  const mark = document.createElement("mark");
  mark.textContent = text;
  return mark;
}

function fromTemplate(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}
