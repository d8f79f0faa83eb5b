// Brings the branch on show up to date from the page the server would send now: after a lost line, and whenever a frame
// speaks of something this page never saw. What is the same stays untouched.

import { findArticle, listArticles } from "./articles.js";
import { emit, on } from "./bus.js";
import { shownConversation, shownPath } from "./room.js";
import { getSiblings, setSiblings } from "./siblings.js";
import { keepOpen } from "./thinking.js";

const TRIES = 3;

let changes = 0;
let current = null;

export function startRefresh() {
  let wasLost = false;
  on("transcript:changed", () => (changes += 1));
  on("connection", ({ state }) => {
    if (state === "online" && wasLost) refresh();
    wasLost ||= state === "offline";
  });
  addEventListener("pageshow", (event) => event.persisted && refresh());
}

/**
 * Look at the server's page, once at a time; a transcript that changed meanwhile is looked at again. Tells whether the page
 * could be had.
 */
export function refresh() {
  current ??= refreshNow().finally(() => (current = null));
  return current;
}

async function refreshNow() {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const conversation = shownConversation();
    const seen = changes;
    const page = conversation && (await fetchPage(shownPath()));
    const talk = page?.getElementById("talk");
    if (talk?.dataset.conversation !== conversation || conversation !== shownConversation()) return false;
    if (seen !== changes) continue;
    merge(listArticles(talk.querySelector("#transcript")), talk.querySelector(".earlier"));
    emit("transcript:refreshed");
    return true;
  }
  return false;
}

/** The page at an address as a document, or null when there is none to be had. */
export async function fetchPage(url, signal) {
  emit("page:asked");
  try {
    const answer = await fetch(url, { headers: { Accept: "text/html" }, signal });
    if (!answer.ok) return null;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    page.address = answer.url;
    emit("page:fetched", page);
    return page;
  } catch {
    return null;
  }
}

/** What stands before the first of the wanted is an earlier part of the talk, and stays. */
function merge(wanted, earlier) {
  const transcript = document.getElementById("transcript");
  const kept = new Set(wanted.map((article) => article.id));
  const first = wanted.length ? findArticle(wanted[0].id.slice(2)) : null;
  const articles = listArticles();
  for (const article of articles.slice(Math.max(0, articles.indexOf(first)))) {
    if (article.id && !kept.has(article.id)) article.remove();
  }
  if (!first) setEarlier(transcript, earlier);
  transcript.querySelector(":scope > .later")?.remove();
  let next = first ?? transcript.querySelector(":scope > .message");
  for (const article of wanted) {
    const shown = findArticle(article.id.slice(2));
    const best = shown && !isOutdated(shown, article) ? shown : document.importNode(article, true);
    if (shown && best !== shown) {
      keepOpen(shown, best);
      if (next === shown) next = best;
      shown.replaceWith(best);
    } else if (shown) setSiblings(shown, getSiblings(article));
    if (best === next) next = next.nextElementSibling;
    else transcript.insertBefore(best, next);
  }
}

function setEarlier(transcript, earlier) {
  transcript.querySelector(":scope > .earlier")?.remove();
  if (earlier) transcript.prepend(document.importNode(earlier, true));
}

function isOutdated(shown, wanted) {
  if (shown.dataset.status !== wanted.dataset.status) return true;
  return wanted.dataset.status !== "streaming" && shown.dataset.length !== wanted.dataset.length;
}
