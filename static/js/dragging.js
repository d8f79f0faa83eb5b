// Dragging a conversation into a folder, to those that are pinned, or back among the others. Its menu does the same.

import { act } from "./arranging.js";
import { findRow, isPinned } from "./list.js";

const KIND = "application/x-conversation";
const list = document.getElementById("conversations");

/** The row that is on its way, or null. */
let dragged = null;

function begin(event) {
  const row = event.target.closest?.(".row");
  if (!row || !event.dataTransfer) return;
  dragged = row.dataset.conversation;
  event.dataTransfer.setData(KIND, dragged);
  event.dataTransfer.effectAllowed = "copyLinkMove"; // as a link it can be dropped anywhere
  row.classList.add("is-dragged");
  setTimeout(() => list.classList.add("is-dropping")); // what changes at once would end the drag
}

/** Where it would be put: {element, wish}, or null where it lies already or nothing takes it. */
function targetOf(element) {
  const row = dragged && findRow(dragged);
  if (!row) return null;
  const folder = element.closest("[data-folder]");
  if (folder) return { element: folder, wish: { arrange: "move", folder: folder.dataset.folder } };
  const group = element.closest('.sidebar-pin, .sidebar-group');
  if (!group) return null;
  const isForPinned = group.matches('.sidebar-pin, [data-group="pinned"]');
  return isForPinned === isPinned(row) ? null : { element: group, wish: { arrange: "pin" } };
}

function over(event) {
  const target = targetOf(event.target);
  mark(target?.element);
  if (!target) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "move";
}

function drop(event) {
  const target = targetOf(event.target);
  if (!target) return;
  event.preventDefault();
  const row = findRow(dragged);
  end();
  act(row, target.wish);
}

function mark(element) {
  for (const one of list.querySelectorAll(".is-wanted")) if (one !== element) one.classList.remove("is-wanted");
  element?.classList.add("is-wanted");
}

function end() {
  dragged = null;
  mark(null);
  list.classList.remove("is-dropping");
  list.querySelector(".is-dragged")?.classList.remove("is-dragged");
}

export function startDragging() {
  list.addEventListener("dragstart", begin);
  list.addEventListener("dragover", over);
  list.addEventListener("dragleave", (event) => list.contains(event.relatedTarget) || mark(null));
  list.addEventListener("drop", drop);
  document.addEventListener("dragend", end);
}
