// From one conversation to another without loading the page anew: #talk is fetched and put in place. Whatever is
// unexpected on the way becomes an ordinary page load.

import { emit, on } from "./bus.js";
import { fetchPage } from "./refresh.js";
import { shownPath } from "./room.js";

let underway = null;
let mustReload = false;

export function startNavigation() {
  document.addEventListener("click", followLink);
  // A jump within the page is history, too.
  addEventListener("popstate", () => location.pathname !== shownPath() && navigate(location.href, { push: false }));
  on("connection", ({ state }) => (mustReload ||= state === "reload"));
}

function followLink(event) {
  const link = event.target.closest("a[data-navigate]");
  const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !isPlain || event.defaultPrevented) return;
  event.preventDefault();
  navigate(link.href);
}

/** Show the conversation at this address. */
export async function navigate(url, { push = true } = {}) {
  underway?.abort();
  const own = (underway = new AbortController());
  if (mustReload) return location.assign(url);
  const page = await fetchPage(url, own.signal);
  if (own.signal.aborted) return;
  const talk = page?.getElementById("talk");
  if (!talk || buildOf(page) !== buildOf(document)) return location.assign(url);
  document.getElementById("talk").replaceWith(document.importNode(talk, true));
  document.title = page.title;
  if (push) history.pushState(null, "", page.address + new URL(url, location.href).hash);
  emit("talk:changed", { conversation: talk.dataset.conversation || null });
}

function buildOf(page) {
  return JSON.parse(page.getElementById("page-config").textContent).build;
}
