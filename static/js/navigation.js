// From one conversation to another without loading the page anew: #talk is fetched and put in place. Whatever is
// unexpected on the way becomes an ordinary page load.

import { findArticle } from "./articles.js";
import { emit, on } from "./bus.js";
import { fetchPage } from "./refresh.js";
import { shownPath } from "./room.js";
import { isPart } from "./standing.js";

let underway = null;
let mustReload = false;

export function startNavigation() {
  document.addEventListener("click", followLink);
  addEventListener("popstate", () => isElsewhere() && navigate(location.href, { push: false }));
  on("connection", ({ state }) => (mustReload ||= state === "reload"));
}

/** A jump within the page is history, too, and so is one to a part of a long talk that is not in it. */
function isElsewhere() {
  if (location.pathname !== shownPath()) return true;
  const wanted = new URLSearchParams(location.search).get("message");
  return wanted ? !findArticle(wanted) : isPart() && !location.hash;
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
  document.getElementById("composer").inert = true; // what is typed now is meant for where the click leads
  const page = await fetchPage(url, own.signal);
  if (own.signal.aborted) return;
  const talk = page?.getElementById("talk");
  if (!talk || buildOf(page) !== buildOf(document)) return location.assign(url);
  document.getElementById("talk").replaceWith(document.importNode(talk, true));
  document.title = page.title;
  document.getElementById("arrived").textContent = page.title; // screen readers hear where they are
  if (push) history.pushState(null, "", page.address + new URL(url, location.href).hash);
  emit("talk:changed", { conversation: talk.dataset.conversation || null });
}

function buildOf(page) {
  return JSON.parse(page.getElementById("page-config").textContent).build;
}
