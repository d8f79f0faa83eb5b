// Follows the newest text while the person is at the end, and lets go the moment they move up.

import { namedMessage } from "./arrival.js";
import { on } from "./bus.js";
import { showNewest } from "./refresh.js";
import { isPart } from "./standing.js";

const AT_END = 4;
/** Who scrolls down to here wants to follow, though the text grew meanwhile. */
const NEAR_END = 120;
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
    goToBeginning();
  };
  observe();
  on("talk:changed", observe);
  on("transcript:sent", goToEnd);
  on("transcript:held", () => (lastTop = page.scrollTop));
  addEventListener("resize", follow);
  addEventListener("scroll", scrolled, { passive: true });
  addEventListener("wheel", (event) => event.deltaY < 0 && !event.ctrlKey && letGo(event), { passive: true });
  addEventListener("keydown", pressed);
  addEventListener("pointerdown", (event) => (isHeld = event.button === 0 && !event.target.closest?.(".dock")));
  ["pointerup", "pointercancel"].forEach((name) => addEventListener(name, release));
  addEventListener("touchstart", () => (isHeld = true), { passive: true });
  ["touchend", "touchcancel"].forEach((name) => addEventListener(name, release));
  document.addEventListener("click", (event) => event.target.closest("#jump") && goToEnd());
}

/** A talk begins at its end, or at the message that the address names. */
function goToBeginning() {
  const named = namedMessage();
  if (!named && !isPart()) return goToEnd();
  setFollowing(false);
  named?.scrollIntoView({ block: "start" });
  lastTop = page.scrollTop;
}

/** Of a long talk the end may not be in the page. */
async function goToEnd() {
  setFollowing(true);
  if (isPart()) await showNewest();
  moveToEnd();
}

/** Runs after layout and before paint, so reading the height costs nothing. */
function follow() {
  if (isFollowing && !isHeld && !isPart()) moveToEnd();
}

function moveToEnd() {
  page.scrollTop = page.scrollHeight;
  lastTop = page.scrollTop;
}

function scrolled() {
  const top = page.scrollTop;
  const distance = page.scrollHeight - top - page.clientHeight;
  const isAtEnd = distance <= AT_END;
  const isNearEnd = distance <= NEAR_END;
  if (top < lastTop && !isAtEnd) setFollowing(false);
  else if (!isPart() && (isAtEnd || (top > lastTop && isNearEnd))) setFollowing(true);
  lastTop = top;
}

function pressed(event) {
  if (UPWARD_KEYS.has(event.key) || (event.key === " " && event.shiftKey)) letGo(event);
  else if (event.key === "End" && !event.target.closest?.(HAS_OWN_SCROLL)) goToEnd();
}

function letGo(event) {
  if (page.scrollTop > 0 && !event.target.closest?.(HAS_OWN_SCROLL)) setFollowing(false);
}

function release() {
  isHeld = false;
  follow();
}

function setFollowing(following) {
  isFollowing = following;
  page.classList.toggle("is-following", following); // else the browser holds still what moves on, and both are seen
  const jump = document.getElementById("jump");
  if (jump) jump.hidden = following;
}
