// Folds the sidebar to a rail on wide screens; slides it in as a drawer on narrow ones.

import { on } from "./bus.js";
import { phrase } from "./texts.js";

const KEY = "sidebar";
const NARROW = matchMedia("(width < 900px)");
const root = document.documentElement;

export function isDrawerOpen() {
  return "drawer" in root.dataset;
}

export function openDrawer() {
  root.dataset.drawer = "";
  document.getElementById("talk").inert = true;
  document.querySelector(".sidebar-fold").focus();
}

export function closeDrawer() {
  if (!isDrawerOpen()) return;
  delete root.dataset.drawer;
  document.getElementById("talk").inert = false;
  document.querySelector('[data-action="open-drawer"]').focus();
}

function setRail(isRail) {
  if (isRail) root.dataset.sidebar = "rail";
  else delete root.dataset.sidebar;
  label();
  try {
    if (isRail) localStorage.setItem(KEY, "rail");
    else localStorage.removeItem(KEY);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

function label() {
  const words = root.dataset.sidebar === "rail" && !NARROW.matches ? phrase("list.unfold") : phrase("list.fold");
  const button = document.querySelector(".sidebar-fold");
  button.ariaLabel = words;
  button.title = words;
}

const ACTIONS = {
  fold: () => (NARROW.matches ? closeDrawer() : setRail(root.dataset.sidebar !== "rail")),
  "open-drawer": openDrawer,
  "close-drawer": closeDrawer,
};

export function startFold() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-action]");
    if (button) ACTIONS[button.dataset.action]?.();
  });
  on("talk:changed", closeDrawer);
  NARROW.addEventListener("change", () => {
    closeDrawer();
    label();
  });
  label();
}
