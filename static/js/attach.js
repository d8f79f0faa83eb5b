// Bringing files into the composer: picked, dropped or pasted. Chips show what waits there.

import { furnish } from "./attached.js";
import { on } from "./bus.js";
import { shownConversation } from "./room.js";
import { phrase } from "./texts.js";
import { toast } from "./toasts.js";
import { addFiles, entriesOf, removeFile } from "./tray.js";

/** Of each chip, the entry that it shows. */
const entries = new WeakMap();

export function startAttach() {
  document.addEventListener("change", picked);
  document.addEventListener("paste", pasted);
  document.addEventListener("dragover", dragged);
  document.addEventListener("dragleave", left);
  document.addEventListener("drop", dropped);
  document.addEventListener("click", clicked);
  on("files:changed", ({ conversation }) => conversation === shownConversation() && show());
  on("files:progress", ({ entry }) => tellProgress(entry));
  on("files:arrived", ({ name }) => say(phrase("files.attached", { name })));
  on("talk:changed", show);
  on("talk:named", show);
  show();
}

function add(files) {
  addFiles(shownConversation(), [...files], (sentence) => toast(sentence, { kind: "error" }));
}

function picked({ target }) {
  if (target.id !== "composer-pick") return;
  add(target.files);
  target.value = "";
}

/** Words win: what is copied from a document often brings its picture along. */
function pasted(event) {
  const { files, types } = event.clipboardData ?? {};
  if (!files?.length || types.includes("text/plain") || !event.target.closest?.("#composer")) return;
  event.preventDefault();
  add(files);
}

function bringsFiles(event) {
  return event.dataTransfer?.types.includes("Files") && document.getElementById("composer");
}

function dragged(event) {
  if (!bringsFiles(event)) return;
  event.preventDefault(); // else the browser would open the file in place of the page
  document.getElementById("composer").classList.add("is-wanted");
}

function left(event) {
  if (!event.relatedTarget) document.getElementById("composer")?.classList.remove("is-wanted");
}

function dropped(event) {
  if (!bringsFiles(event)) return;
  event.preventDefault();
  document.getElementById("composer").classList.remove("is-wanted");
  add(event.dataTransfer.files);
}

function clicked({ target }) {
  const action = target.closest?.("[data-action]")?.dataset.action;
  if (action === "attach") document.getElementById("composer-pick").click();
  if (action !== "remove-file") return;
  const chip = target.closest(".file");
  const following = chip.nextElementSibling ?? chip.previousElementSibling;
  const place = [...chip.parentElement.children].indexOf(following ?? chip);
  removeFile(shownConversation(), entries.get(chip));
  const chips = [...document.querySelectorAll('#composer-files [data-action="remove-file"]')];
  (chips[Math.min(place, chips.length - 1)] ?? document.getElementById("composer-text")).focus();
}

/** For who does not see the chips. */
function say(words) {
  document.getElementById("composer-files-said").textContent = words;
}

function show() {
  const list = document.getElementById("composer-files");
  if (!list) return;
  const tray = entriesOf(shownConversation());
  list.replaceChildren(...tray.map(makeChip));
  list.hidden = !tray.length;
}

function makeChip(entry) {
  const chip = document.getElementById("file-template").content.firstElementChild.cloneNode(true);
  entries.set(chip, entry);
  furnish(chip, entry.told ?? { name: entry.name });
  chip.querySelector('[data-action="remove-file"]').setAttribute("aria-label", phrase("files.remove", { name: entry.name }));
  setProgress(chip, entry);
  return chip;
}

function tellProgress(entry) {
  for (const chip of document.querySelectorAll("#composer-files > .file"))
    if (entries.get(chip) === entry) setProgress(chip, entry);
}

/** All sent is not yet all read: then the bar only says that something goes on. */
function setProgress(chip, { told, progress }) {
  const bar = chip.querySelector("progress");
  bar.hidden = Boolean(told);
  if (progress < 1) bar.value = progress;
  else bar.removeAttribute("value");
}
