// The part of a long talk that stands in the page. What comes before and after it is fetched as somebody comes near, and what
// is then far away leaves the page: so it stays as light at the beginning of ten thousand messages as at their end.

import { listArticles } from "./articles.js";
import { emit, on } from "./bus.js";
import { listCompared, settle } from "./columns.js";
import { fetchPage } from "./refresh.js";
import { shownConversation, shownPath } from "./room.js";
import { holdStill, isPart } from "./standing.js";

/** So many messages stand in the page at most. */
const MOST = 300;
/** Pixels from which the next part is fetched, and within which nothing leaves the page. */
const NEAR = 1500;

const watcher = new IntersectionObserver(
  (entries) => entries.filter(({ isIntersecting }) => isIntersecting).forEach(({ target }) => extend(target)),
  { rootMargin: `${NEAR}px 0px` },
);
let isUnderway = false;

/** Fetch what lies behind a line; tells whether it could be had. */
async function extend(line) {
  if (isUnderway || !line.isConnected) return true;
  isUnderway = true;
  const kind = line.classList.contains("earlier") ? "earlier" : "later";
  const talk = (await fetchPage(shownPath() + addressOf(line)))?.getElementById("talk");
  isUnderway = false;
  if (!line.isConnected) return true;
  if (talk?.dataset.conversation !== shownConversation()) return false;
  const fresh = [...talk.querySelectorAll(`#transcript > :is(.message, .comparison, .${kind})`)];
  holdStill(() => {
    line.replaceWith(...fresh.map((part) => document.importNode(part, true)));
    trim(kind === "earlier");
  });
  emit("transcript:refreshed");
  return true;
}

function addressOf(line) {
  return line.querySelector("a").getAttribute("href");
}

/** Take away what is too much and far from what is in view; a line says that it is there. */
function trim(atEnd) {
  const articles = listArticles().filter((article) => article.dataset.message); // others the server does not have yet
  const surplus = articles.length - MOST;
  if (surplus <= 0) return;
  const last = Math.max(surplus, listCompared().length); // what stands side by side goes together
  const gone = (atEnd ? articles.slice(-last) : articles.slice(0, surplus)).filter(atEnd ? isFarBelow : isFarAbove);
  if (!gone.length) return;
  gone.forEach((article) => article.remove());
  if (!listCompared().length) settle(null);
  const edge = atEnd ? articles[articles.length - gone.length - 1] : articles[gone.length];
  const kind = atEnd ? "later" : "earlier";
  document.querySelector(`#transcript > .${kind}`)?.remove();
  const line = document.getElementById(`${kind}-template`).content.firstElementChild.cloneNode(true);
  line.querySelector("a").setAttribute("href", `?${atEnd ? "after" : "before"}=${edge.dataset.message}`);
  if (atEnd) edge.after(line);
  else edge.before(line);
  watch();
}

function isFarAbove(article) {
  return article.getBoundingClientRect().bottom < -NEAR;
}

function isFarBelow(article) {
  return article.getBoundingClientRect().top > innerHeight + NEAR;
}

function watch() {
  watcher.disconnect();
  for (const line of document.querySelectorAll("#transcript > :is(.earlier, .later)")) watcher.observe(line);
}

/** The address names a part of the talk only while its end is not on show. */
function arrived() {
  watch();
  if (!isPart() && location.search) history.replaceState(history.state, "", shownPath());
}

async function followLine(event) {
  const line = event.target.closest?.(".earlier, .later");
  if (!event.target.closest?.("a") || !line || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  if (!(await extend(line))) location.assign(shownPath() + addressOf(line));
}

export function startParts() {
  document.addEventListener("click", followLine);
  on("talk:changed", watch);
  on("transcript:refreshed", arrived);
  on("transcript:changed", () => listArticles().length > MOST && holdStill(() => trim(false)));
  watch();
}
