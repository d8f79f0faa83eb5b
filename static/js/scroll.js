// Follows the newest text while the person is at the end, and lets go the moment they move up.

import { on } from "./bus.js";

const AT_END = 4;
const UPWARD_KEYS = new Set(["ArrowUp", "PageUp", "Home"]);
const HAS_OWN_SCROLL = "#sidebar, [popover], dialog, textarea, input, select, [contenteditable]";

const page = document.scrollingElement;
let isFollowing = true;
let isHeld = false;
let lastTop = 0;

export function startScroll() {
  history.scrollRestoration = "manual";
  const sizes = new ResizeObserver(follow);
  const observe = () => {
    sizes.disconnect();
    sizes.observe(document.querySelector(".talk-column") ?? document.getElementById("transcript"));
    goToEnd();
  };
  observe();
  on("talk:changed", observe);
  on("transcript:sent", goToEnd);
  addEventListener("resize", follow);
  addEventListener("scroll", scrolled, { passive: true });
  addEventListener("wheel", (event) => event.deltaY < 0 && letGo(event), { passive: true });
  addEventListener("keydown", (event) => (UPWARD_KEYS.has(event.key) || isShiftSpace(event)) && letGo(event));
  addEventListener("pointerdown", (event) => (isHeld = !event.target.closest?.(".dock")));
  ["pointerup", "pointercancel"].forEach((name) => addEventListener(name, release));
  addEventListener("touchstart", () => (isHeld = true), { passive: true });
  ["touchend", "touchcancel"].forEach((name) => addEventListener(name, release));
  document.addEventListener("click", (event) => event.target.closest("#jump") && goToEnd());
}

function goToEnd() {
  setFollowing(true);
  moveToEnd();
}

/** Runs after layout and before paint, so reading the height costs nothing. */
function follow() {
  if (isFollowing && !isHeld) moveToEnd();
}

function moveToEnd() {
  page.scrollTop = page.scrollHeight;
  lastTop = page.scrollTop;
}

function scrolled() {
  const top = page.scrollTop;
  const isAtEnd = page.scrollHeight - top - page.clientHeight <= AT_END;
  if (isAtEnd) setFollowing(true);
  else if (top < lastTop) setFollowing(false);
  lastTop = top;
}

function letGo(event) {
  if (page.scrollTop > 0 && !event.target.closest?.(HAS_OWN_SCROLL)) setFollowing(false);
}

function release() {
  isHeld = false;
  follow();
}

function isShiftSpace(event) {
  return event.key === " " && event.shiftKey;
}

function setFollowing(following) {
  isFollowing = following;
  const jump = document.getElementById("jump");
  if (jump) jump.hidden = following;
}
