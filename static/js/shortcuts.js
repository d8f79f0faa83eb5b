// The keys that work everywhere. The dialog that "?" opens lists all of them by the same names.

import { focusComposer, stopRunning } from "./composer.js";
import { editLast } from "./editor.js";
import { closeDrawer, isDrawerOpen } from "./fold.js";
import { navigate } from "./navigation.js";
import { openPalette } from "./palette.js";

const IS_MAC = /Mac|iPhone|iPad/.test(navigator.platform);

/** What each key does, by its name; false means that it did nothing, and the browser goes on. */
const KEYS = {
  "mod+k": openPalette,
  "mod+shift+o": startNew,
  "mod+shift+s": () => (isDrawerOpen() ? closeDrawer() : press('[data-action="open-drawer"], .sidebar-fold')),
  "mod+shift+c": () => press('#transcript .message[data-role="assistant"] [data-action="copy"]'),
  "mod+home": () => press('#places [href="?at=first"]'),
  "mod+end": () => press("#jump"),
  "f2": () => press("#talk-title-button"),
  "shift+escape": focusComposer,
  "escape": () => (isDrawerOpen() ? closeDrawer() : stopRunning()),
  "arrowup": editLast,
  "?": showShortcuts,
};

/** Keys that mean something else where somebody writes. */
const NOT_WHILE_WRITING = new Set(["?", "mod+home", "mod+end"]);

async function startNew() {
  closeDrawer();
  await navigate("/c/");
  focusComposer();
}

/** Press the last of these buttons that is there to be pressed; one that shows itself only on hover counts. */
function press(selector) {
  const button = [...document.querySelectorAll(selector)].findLast((one) => !one.hidden && !one.closest("[hidden]") && isShown(one));
  button?.click();
  return Boolean(button);
}

function isShown(element) {
  return element.checkVisibility() || Boolean(element.closest("[popover]"));
}

function showShortcuts() {
  document.getElementById("shortcuts").showModal();
}

function isWriting({ target }) {
  return target.matches?.("input, textarea, select, [contenteditable]");
}

function isEmptyComposer({ target }) {
  return target.id === "composer-text" && !target.value;
}

function hasOverlay() {
  return Boolean(document.querySelector("dialog[open], :popover-open"));
}

/** Name a key with what is held: "mod" is Ctrl, or ⌘ on a Mac. A sign that needs Shift is named by itself. */
function nameOf({ key, ctrlKey, metaKey, shiftKey, altKey }) {
  const isSign = key.length === 1 && key.toLowerCase() === key.toUpperCase();
  const held = [(IS_MAC ? metaKey : ctrlKey) && "mod", (IS_MAC ? ctrlKey : metaKey) && "other", altKey && "alt", shiftKey && !isSign && "shift"];
  return [...held.filter(Boolean), key.toLowerCase()].join("+");
}

/** What a key does here, or nothing. */
function actionFor(event) {
  const name = nameOf(event);
  if (!Object.hasOwn(KEYS, name)) return null;
  if (hasOverlay() && name !== "mod+k" && name !== "mod+shift+o") return null;
  if (isWriting(event) && NOT_WHILE_WRITING.has(name)) return null;
  if (name === "arrowup" && !isEmptyComposer(event)) return null;
  return KEYS[name];
}

export function startShortcuts() {
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented) return;
    const action = actionFor(event);
    if (action && action() !== false) event.preventDefault();
  });
  document.addEventListener("click", (event) => event.target.closest?.('[data-action="shortcuts"]') && showShortcuts());
  if (IS_MAC) for (const key of document.querySelectorAll(".key-mod")) key.textContent = "⌘";
}
