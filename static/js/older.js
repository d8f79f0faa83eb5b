// The list of conversations goes on: older ones are fetched as somebody comes near its end.

import { emit, on } from "./bus.js";
import { addGroups } from "./list.js";

const list = document.getElementById("conversations");
const watcher = new IntersectionObserver(
  (entries) => entries.filter(({ isIntersecting }) => isIntersecting).forEach(({ target }) => extend(target)),
  { root: list, rootMargin: "400px 0px" },
);
let isUnderway = false;

/** Fetch what comes next; tells whether it could be had. */
async function extend(line) {
  if (isUnderway || !line.isConnected) return true;
  isUnderway = true;
  const piece = await fetchPiece(line.querySelector("a").dataset.more);
  isUnderway = false;
  if (!piece || !line.isConnected) return false;
  addGroups([...document.importNode(piece, true).children]);
  emit("list:grown");
  watch();
  return true;
}

async function fetchPiece(address) {
  try {
    const answer = await fetch(address, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return null;
    return new DOMParser().parseFromString(await answer.text(), "text/html").body;
  } catch {
    return null;
  }
}

function watch() {
  watcher.disconnect();
  const line = list.querySelector(".sidebar-more");
  if (line) watcher.observe(line);
}

export function startOlder() {
  list.addEventListener("click", async (event) => {
    const link = event.target.closest("[data-more]");
    if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    if (!(await extend(link.closest(".sidebar-more")))) location.assign(link.href);
  });
  on("page:fetched", () => setTimeout(watch)); // the list may be another one by then
  watch();
}
