// The keys that work everywhere. The dialog that "?" opens lists them.

import { focusComposer, stopRunning } from "./composer.js";
import { editLast } from "./editor.js";
import { closeDrawer, isDrawerOpen } from "./fold.js";
import { navigate } from "./navigation.js";
import { openPalette } from "./palette.js";

const IS_MAC = /Mac|iPhone|iPad/.test(navigator.platform);

async function startNew() {
  closeDrawer();
  await navigate("/c/");
  focusComposer();
}

function showShortcuts() {
  document.getElementById("shortcuts").showModal();
}

function isWriting({ target }) {
  return target.matches?.("input, textarea, select, [contenteditable]");
}

function hasOverlay() {
  return Boolean(document.querySelector("dialog[open], :popover-open"));
}

/** What a key does here, or nothing. */
function actionFor(event) {
  const hasCommand = (IS_MAC ? event.metaKey : event.ctrlKey) && !event.altKey;
  const key = event.key.toLowerCase();
  if (hasCommand && !event.shiftKey && key === "k") return openPalette;
  if (hasCommand && event.shiftKey && key === "o") return startNew;
  if (event.ctrlKey || event.metaKey || event.altKey || hasOverlay()) return null;
  if (event.key === "?" && !isWriting(event)) return showShortcuts;
  if (event.key === "ArrowUp" && event.target.id === "composer-text" && !event.target.value) return editLast;
  if (event.key === "Escape") return isDrawerOpen() ? closeDrawer : stopRunning;
  return null;
}

export function startShortcuts() {
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented) return;
    const action = actionFor(event);
    if (action && action() !== false) event.preventDefault();
  });
  document.addEventListener("click", (event) => event.target.closest?.('[data-action="shortcuts"]') && showShortcuts());
  for (const kbd of document.querySelectorAll("#shortcuts kbd")) if (IS_MAC && kbd.textContent === "Ctrl") kbd.textContent = "⌘";
}
