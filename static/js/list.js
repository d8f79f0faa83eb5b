// The list of conversations in the sidebar: its rows, their groups, the filter. It knows what is on show, not why.

import { phrase } from "./texts.js";

const TODAY = "today";
const PINNED = "pinned";

const list = document.getElementById("conversations");
const filter = document.getElementById("filter");

export function findRow(conversation) {
  return list.querySelector(`.row[data-conversation="${CSS.escape(conversation)}"]`);
}

export function listRows() {
  return [...list.querySelectorAll(".row")];
}

export function nameRow(row, title) {
  row.querySelector(".row-title").textContent = title;
  row.querySelector(".row-more").ariaLabel = phrase("list.more", { title });
}

export function titleOf(row) {
  return row.querySelector(".row-title").textContent;
}

export function makeRow(conversation) {
  const row = document.getElementById("row-template").content.querySelector(".row").cloneNode(true);
  row.dataset.conversation = conversation;
  row.querySelector(".row-link").href = `/c/${conversation}/`;
  return row;
}

/** Put a row among those of today, the newest first; pinned ones stay where they are. */
export function raiseRow(row, updatedAt) {
  if (timeOf(row) === Date.parse(updatedAt)) return;
  row.dataset.updated = updatedAt;
  const old = row.closest(".sidebar-group");
  if (isPinned(row)) return;
  const rows = todaysGroup().querySelector("ul");
  const next = [...rows.children].find((one) => one !== row && timeOf(one) < timeOf(row));
  rows.insertBefore(row, next ?? null);
  removeIfEmpty(old);
}

export function isPinned(row) {
  return row.closest(".sidebar-group")?.dataset.group === PINNED;
}

function timeOf(row) {
  return Date.parse(row.dataset.updated);
}

function todaysGroup() {
  const known = list.querySelector(`.sidebar-group[data-group="${TODAY}"]`);
  if (known) return known;
  const group = document.getElementById("group-template").content.firstElementChild.cloneNode(true);
  group.dataset.group = TODAY;
  group.querySelector(".sidebar-heading").textContent = phrase("list.today");
  const pinned = list.querySelector(`.sidebar-group[data-group="${PINNED}"]`);
  const first = pinned ?? list.querySelector(".sidebar-folders");
  if (first) first.after(group);
  else list.prepend(group);
  return group;
}

function removeIfEmpty(group) {
  if (group && !group.querySelector(".row")) group.remove();
}

export function removeRow(row) {
  const group = row.closest(".sidebar-group");
  const neighbour = row.nextElementSibling ?? row.previousElementSibling;
  if (row.contains(document.activeElement)) neighbour?.querySelector(".row-link").focus();
  row.remove();
  removeIfEmpty(group);
}

export function markCurrent(conversation) {
  for (const row of listRows()) {
    const link = row.querySelector(".row-link");
    if (row.dataset.conversation === conversation) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

/** Show the rows whose title has all the words of the filter. */
export function applyFilter() {
  const words = filter.value.trim().toLowerCase().split(/\s+/);
  const rows = listRows();
  for (const row of rows) row.hidden = !words.every((word) => titleOf(row).toLowerCase().includes(word));
  for (const group of list.querySelectorAll(".sidebar-group")) group.hidden = !group.querySelector(".row:not([hidden])");
  document.getElementById("conversations-none").hidden = rows.length > 0;
  document.getElementById("filter-none").hidden = !rows.length || rows.some((row) => !row.hidden);
}

/** Take over the list of a page that came later, unless somebody is at work in this one. */
export function adoptList(page) {
  const fresh = page.getElementById("conversations");
  const isInUse = list.querySelector(".rename-form, [aria-expanded='true']");
  if (!fresh || isInUse || describe(fresh) === describe(list)) return;
  const focused = document.activeElement.closest?.("#conversations .row")?.dataset.conversation;
  list.replaceChildren(...document.importNode(fresh, true).children);
  if (focused) findRow(focused)?.querySelector(".row-link").focus();
  applyFilter();
}

function describe(root) {
  const rows = [...root.querySelectorAll(".row")];
  return JSON.stringify(
    rows.map((row) => [
      row.dataset.conversation,
      titleOf(row),
      row.classList.contains("is-running"),
      row.closest(".sidebar-group").dataset.group,
    ]),
  );
}
