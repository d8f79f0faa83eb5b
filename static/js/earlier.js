// The earlier parts of a long talk: fetched above the first message on show, and dropped again when there are too many.

import { listArticles } from "./articles.js";
import { emit, on } from "./bus.js";
import { fetchPage } from "./refresh.js";
import { shownConversation, shownPath } from "./room.js";

/** So many messages stand in the page at most; who reads further back gets pages of their own. */
const MOST = 500;
const KEPT = 100;

async function showEarlier(link) {
  const page = listArticles().length < MOST ? await fetchPage(link.href) : null;
  const talk = page?.getElementById("talk");
  if (!talk || talk.dataset.conversation !== shownConversation() || !link.isConnected) return location.assign(link.href);
  const first = listArticles()[0];
  const top = first.getBoundingClientRect().top;
  const fresh = [...talk.querySelectorAll("#transcript > :is(.message, .earlier)")];
  link.closest(".earlier").replaceWith(...fresh.map((part) => document.importNode(part, true)));
  if (!CSS.supports("overflow-anchor", "auto")) scrollBy(0, first.getBoundingClientRect().top - top);
  emit("transcript:refreshed");
}

/** Who says something is at the end; what stands far above can be fetched again. */
function trim() {
  const articles = listArticles();
  if (articles.length <= MOST) return;
  articles.slice(0, -KEPT).forEach((article) => article.remove());
  const first = listArticles()[0];
  document.querySelector("#transcript > .earlier")?.remove();
  const line = document.getElementById("earlier-template").content.firstElementChild.cloneNode(true);
  line.querySelector("a").href = `${shownPath()}?before=${first.dataset.message}`;
  first.before(line);
}

export function startEarlier() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.(".earlier a");
    if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    showEarlier(link);
  });
  on("outbox:accepted", trim);
}
