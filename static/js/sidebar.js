// The list of conversations, in step with what happens in every tab; its filter, and the titles of the page.

import { on } from "./bus.js";
import { deleteConversation, renameInPlace } from "./conversations.js";
import { invokerOf } from "./menus.js";
import { navigate } from "./navigation.js";

const TODAY = "Today";
const PINNED = "Pinned";
const NEW_TITLE = "New conversation";

const list = document.getElementById("conversations");
const filter = document.getElementById("filter");

function talk() {
  return document.getElementById("talk");
}

function findRow(conversation) {
  return list.querySelector(`.row[data-conversation="${CSS.escape(conversation)}"]`);
}

function changed(frame) {
  if (frame.deleted || frame.archived) return removed(frame);
  const known = findRow(frame.conversation);
  const row = known ?? makeRow(frame.conversation);
  nameRow(row, frame.title || NEW_TITLE);
  row.classList.toggle("is-running", frame.running);
  if (isMoved(row, frame, known)) place(row, frame);
  row.dataset.updated = frame.updated_at;
  retitle(frame);
  markCurrent();
  search();
}

function nameRow(row, title) {
  row.querySelector(".row-title").textContent = title;
  row.querySelector(".row-more").ariaLabel = `More for ${title}`;
}

/** Something said moves a conversation to the top; a new title alone does not. */
function isMoved(row, frame, known) {
  const isPinned = row.closest(".sidebar-group")?.dataset.group === PINNED;
  return !known || frame.pinned !== isPinned || (!frame.pinned && timeOf(row) !== Date.parse(frame.updated_at));
}

function timeOf(row) {
  return Date.parse(row.dataset.updated);
}

function place(row, { pinned, updated_at: updatedAt }) {
  const old = row.closest(".sidebar-group");
  const rows = findGroup(pinned ? PINNED : TODAY).querySelector("ul");
  const next = [...rows.children].find((one) => one !== row && timeOf(one) < Date.parse(updatedAt));
  rows.insertBefore(row, next ?? null);
  if (old && !old.querySelector(".row")) old.remove();
}

function findGroup(label) {
  const known = list.querySelector(`.sidebar-group[data-group="${label}"]`);
  if (known) return known;
  const group = document.getElementById("group-template").content.firstElementChild.cloneNode(true);
  group.dataset.group = label;
  group.querySelector(".sidebar-heading").textContent = label;
  const pinned = label === TODAY && list.querySelector(`.sidebar-group[data-group="${PINNED}"]`);
  if (pinned) pinned.after(group);
  else list.prepend(group);
  return group;
}

function makeRow(conversation) {
  const row = document.getElementById("row-template").content.querySelector(".row").cloneNode(true);
  row.dataset.conversation = conversation;
  row.querySelector(".row-link").href = `/c/${conversation}/`;
  return row;
}

function removed({ conversation }) {
  const row = findRow(conversation);
  const group = row?.closest(".sidebar-group");
  if (row?.contains(document.activeElement)) (row.nextElementSibling ?? row.previousElementSibling)?.querySelector("a").focus();
  row?.remove();
  if (group && !group.querySelector(".row")) group.remove();
  search();
  if (talk().dataset.conversation === conversation) navigate("/c/");
}

/** The header and the tab say what the list says. */
function retitle({ conversation, title }) {
  if (talk().dataset.conversation !== conversation) return;
  document.title = title || NEW_TITLE;
  const button = document.getElementById("talk-title-button");
  button.textContent = title || NEW_TITLE;
  button.hidden = false;
}

function markCurrent() {
  for (const row of list.querySelectorAll(".row")) {
    const link = row.querySelector(".row-link");
    if (row.dataset.conversation === talk().dataset.conversation) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function search() {
  const words = filter.value.trim().toLowerCase().split(/\s+/);
  for (const row of list.querySelectorAll(".row")) {
    const title = row.querySelector(".row-title").textContent.toLowerCase();
    row.hidden = !words.every((word) => title.includes(word));
  }
  for (const group of list.querySelectorAll(".sidebar-group")) group.hidden = !group.querySelector(".row:not([hidden])");
  document.getElementById("conversations-none").hidden = Boolean(list.querySelector(".row"));
  document.getElementById("filter-none").hidden = !filter.value.trim() || Boolean(list.querySelector(".row:not([hidden])"));
}

function rowOfMenu() {
  return invokerOf(document.getElementById("row-menu"))?.closest(".row");
}

function describe(row) {
  return { conversation: row.dataset.conversation, before: row.querySelector(".row-title").textContent };
}

const ACTIONS = {
  rename: () => renameInPlace(rowOfMenu().querySelector(".row-link"), describe(rowOfMenu())),
  delete: () => deleteConversation(describe(rowOfMenu())),
  "rename-talk": (button) =>
    renameInPlace(button, { conversation: talk().dataset.conversation, before: button.textContent.trim() }),
};

export function startSidebar() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-action]");
    if (button) ACTIONS[button.dataset.action]?.(button);
  });
  filter.addEventListener("input", search);
  filter.addEventListener("keydown", (event) => {
    const first = list.querySelector(".row:not([hidden]) .row-link");
    if (event.key === "Escape") {
      event.stopPropagation();
      filter.value = "";
      search();
      filter.blur();
    } else if ((event.key === "Enter" || event.key === "ArrowDown") && first) {
      event.preventDefault();
      if (event.key === "Enter") first.click();
      else first.focus();
    }
  });

  on("frame:conversation.changed", changed);
  on("conversation:renamed", (saved) => {
    const row = findRow(saved.conversation);
    if (row) nameRow(row, saved.title);
    retitle(saved);
  });
  on("conversation:deleted", removed);
  ["talk:changed", "talk:named"].forEach((name) => on(name, markCurrent));
  markCurrent();
  search();
}
