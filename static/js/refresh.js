// Brings the branch on show up to date from the page the server would send now: after a lost line, and whenever a frame
// speaks of something this page never saw. What is the same stays untouched.

import { findArticle, listArticles } from "./articles.js";
import { emit, on } from "./bus.js";
import { flatten } from "./columns.js";
import { shownConversation, shownPath } from "./room.js";
import { getSiblings, setSiblings } from "./siblings.js";
import { holdStill, isPart, messageInView } from "./standing.js";
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
 * Look at the server's page, once at a time; a transcript that changed meanwhile is looked at again. Of a long talk it is the
 * part on show, or the one `around` a message. Tells whether the page could be had.
 */
export function refresh(around = isPart() ? messageInView() : null) {
  current ??= refreshNow(around).finally(() => (current = null));
  return current;
}

/** Let the end of a long talk be on show. */
export async function showNewest() {
  await current;
  return refresh(null);
}

async function refreshNow(wanted) {
  let around = wanted;
  for (let tries = 0; tries < TRIES; tries += 1) {
    const conversation = shownConversation();
    const seen = changes;
    const page = conversation && (await fetchPage(around ? `${shownPath()}?message=${around}` : shownPath()));
    const talk = page?.getElementById("talk");
    if (around && conversation === shownConversation() && (!talk || talk.dataset.turnedTo)) {
      around = null; // it is gone from the branch on show
      continue;
    }
    if (talk?.dataset.conversation !== conversation || conversation !== shownConversation()) return false;
    if (seen !== changes) continue;
    const regroup = flatten();
    if (around) holdStill(() => merge(talk));
    else merge(talk);
    regroup(talk);
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

/** What stands before the first message of the newest part is an earlier part of the talk, and stays. */
function merge(talk) {
  const transcript = document.getElementById("transcript");
  const wanted = listArticles(talk.querySelector("#transcript"));
  const isNewest = !talk.querySelector(".later");
  const kept = new Set(wanted.map((article) => article.id));
  const first = isNewest && wanted.length ? findArticle(wanted[0].id.slice(2)) : null;
  const articles = listArticles();
  for (const article of articles.slice(Math.max(0, articles.indexOf(first)))) {
    if (article.id && !kept.has(article.id)) article.remove();
  }
  if (!first) setLine(transcript, talk, "earlier");
  setLine(transcript, talk, "later");
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
    else transcript.insertBefore(best, next ?? transcript.querySelector(":scope > .later"));
  }
}

/** The way to what comes before or after, as the fetched page has it. */
function setLine(transcript, talk, kind) {
  transcript.querySelector(`:scope > .${kind}`)?.remove();
  const line = talk.querySelector(`.${kind}`);
  if (!line) return;
  if (kind === "earlier") transcript.prepend(document.importNode(line, true));
  else transcript.append(document.importNode(line, true));
}

function isOutdated(shown, wanted) {
  if (shown.dataset.status !== wanted.dataset.status) return true;
  return wanted.dataset.status !== "streaming" && shown.dataset.length !== wanted.dataset.length;
}
