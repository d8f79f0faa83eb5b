// The list of conversations in the sidebar: its rows and their groups. It knows what is on show, not why.

import { phrase } from "./texts.js";

const TODAY = "today";
const PINNED = "pinned";

const list = document.getElementById("conversations");

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
  (pinned ?? list.querySelector(".sidebar-pin")).after(group);
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

/** Say that there is nothing, where there is nothing. */
export function tellEmpty() {
  document.getElementById("conversations-none").hidden = listRows().length > 0;
}

/** Add what comes after the rows that are there: sections, and the way on. */
export function addGroups(parts) {
  list.querySelector(".sidebar-more")?.remove();
  const end = document.getElementById("conversations-none");
  for (const part of parts) {
    const known = part.dataset.group && list.querySelector(`.sidebar-group[data-group="${CSS.escape(part.dataset.group)}"]`);
    if (known) known.querySelector("ul").append(...part.querySelectorAll(".row"));
    else end.before(part);
  }
}

/** Take over the list of a page that came later, unless somebody is at work in this one. Rows that were fetched further down
 * stay. */
export function adoptList(page) {
  const fresh = page.getElementById("conversations");
  const isInUse = list.querySelector(".rename-form, [aria-expanded='true'], .is-dragged");
  const edge = fresh ? edgeOf(fresh) : 0;
  if (!fresh || isInUse || describe(fresh, edge) === describe(list, edge)) return;
  const focused = document.activeElement.closest?.("#conversations .row")?.dataset.conversation;
  const older = takeOlder(edge);
  list.replaceChildren(...document.importNode(fresh, true).children);
  if (older.length) addGroups(older);
  if (focused) findRow(focused)?.querySelector(".row-link").focus();
  tellEmpty();
}

/** The time of the last row of a list that goes on after it. */
function edgeOf(root) {
  const last = root.querySelector(".sidebar-more") && [...root.querySelectorAll(".row")].at(-1);
  return last ? timeOf(last) : 0;
}

function isOlder(row, edge) {
  return !isPinned(row) && timeOf(row) < edge;
}

function takeOlder(edge) {
  const sections = [...list.querySelectorAll(".sidebar-group")].filter((one) => [...one.querySelectorAll(".row")].some((row) => isOlder(row, edge)));
  const more = list.querySelector(".sidebar-more");
  for (const one of sections) for (const row of one.querySelectorAll(".row")) if (!isOlder(row, edge)) row.remove();
  return more && sections.length ? [...sections, more] : sections;
}

function describe(root, edge) {
  const rows = [...root.querySelectorAll(".row")].filter((row) => !isOlder(row, edge));
  return JSON.stringify(
    rows.map((row) => [
      row.dataset.conversation,
      titleOf(row),
      row.querySelector(".row-tags").textContent,
      row.classList.contains("is-running"),
      row.closest(".sidebar-group").dataset.group,
    ]),
  );
}
