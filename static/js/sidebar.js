// Keeps the list, the header's title and the tab's title in step with what happens in every tab and on every device.

import { on } from "./bus.js";
import { deleteConversation, renameInPlace } from "./conversations.js";
import { adoptList, findRow, makeRow, markCurrent, nameRow, tellEmpty } from "./list.js";
import { isPinned, raiseRow, removeRow, titleOf } from "./list.js";
import { invokerOf } from "./menus.js";
import { navigate } from "./navigation.js";
import { fetchPage } from "./refresh.js";
import { phrase } from "./texts.js";

/** Frames since the last page was asked for: a page that was made before one of them is older than the list. */
let framesSince = 0;
let leaving = "";

function shown() {
  return document.getElementById("talk").dataset.conversation;
}

function changed(frame) {
  framesSince += 1;
  if (frame.temporary) return;
  if (frame.deleted || frame.archived) return removed(frame);
  if (frame.folder && !frame.pinned) return filed(frame);
  const row = findRow(frame.conversation) ?? makeRow(frame.conversation);
  if (frame.pinned !== isPinned(row)) return reload();
  if (!row.isConnected && !isFromToday(frame)) return reload();
  nameRow(row, frame.title || phrase("list.new"));
  row.classList.toggle("is-running", frame.running);
  raiseRow(row, frame.updated_at);
  retitle(frame);
  settle();
}

/** What lies in a folder is not in the list, but may well be on show. */
function filed(frame) {
  const row = findRow(frame.conversation);
  if (row) removeRow(row);
  retitle(frame);
  settle();
}

function isFromToday({ updated_at: updatedAt }) {
  return new Date(updatedAt).toDateString() === new Date().toDateString();
}

/** Where an old conversation belongs, and what happened while the line was lost, the server knows. */
function reload() {
  return fetchPage("/c/");
}

function removed({ conversation }) {
  const row = findRow(conversation);
  if (row) removeRow(row);
  settle();
  if (shown() !== conversation || leaving === conversation) return;
  leaving = conversation;
  navigate("/c/");
}

function renamed(saved) {
  const row = findRow(saved.conversation);
  if (row) nameRow(row, saved.title);
  retitle(saved);
}

/** The header and the tab say what the list says. */
function retitle({ conversation, title }) {
  if (shown() !== conversation) return;
  document.title = title || phrase("list.new");
  const button = document.getElementById("talk-title-button");
  button.textContent = title || phrase("list.new");
  button.hidden = false;
}

function settle() {
  markCurrent(shown());
  tellEmpty();
}

function fetched(page) {
  if (framesSince) return;
  adoptList(page);
  markCurrent(shown());
}

function rowOfMenu() {
  return findRow(invokerOf(document.getElementById("row-menu")).closest(".row").dataset.conversation);
}

function describe(row) {
  return { conversation: row.dataset.conversation, before: titleOf(row) };
}

const ACTIONS = {
  rename: () => renameInPlace(rowOfMenu().querySelector(".row-link"), describe(rowOfMenu())),
  delete: () => deleteConversation(describe(rowOfMenu())),
  "rename-talk": (button) => renameInPlace(button, { conversation: shown(), before: button.textContent.trim() }),
};

export function startSidebar() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-action]");
    if (button) ACTIONS[button.dataset.action]?.(button);
  });
  on("frame:conversation.changed", changed);
  on("conversation:renamed", renamed);
  on("conversation:deleted", removed);
  on("conversation:restored", reload);
  on("list:outdated", reload);
  on("list:grown", settle);
  on("page:asked", () => (framesSince = 0));
  on("page:fetched", fetched);
  on("talk:changed", () => {
    leaving = "";
    settle();
  });
  on("talk:named", settle);
  let wasLost = false;
  on("connection", ({ state }) => {
    if (state === "online" && wasLost && !shown()) reload();
    wasLost = state === "offline" || (wasLost && state !== "online");
  });
  settle();
}
