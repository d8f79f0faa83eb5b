// Answers that stand side by side until one is kept, as columns at the end of the transcript.

import { findArticle, listArticles } from "./articles.js";

function getComparison(root = document) {
  return root.querySelector("#transcript > .comparison");
}

function listColumns(section) {
  return section ? [...section.querySelectorAll(":scope > .message")] : [];
}

/** The answers from which one is to be kept. */
export function listCompared() {
  return listColumns(getComparison());
}

/** Put an answer beside the others, which are all that stand there. */
export function placeBeside(article, parent, ids) {
  const section = sectionUnder(parent);
  for (const column of listColumns(section)) if (!ids.includes(column.dataset.message)) column.remove();
  furnish(article);
  const place = ids.indexOf(article.dataset.message);
  const next = listColumns(section).find((column) => ids.indexOf(column.dataset.message) > place);
  section.insertBefore(article, next ?? null);
}

function sectionUnder(parent) {
  const known = getComparison();
  if (known?.dataset.parent === parent) return known;
  known?.remove();
  const section = document.getElementById("comparison-template").content.firstElementChild.cloneNode(true);
  section.dataset.parent = parent;
  const articles = listArticles();
  const question = findArticle(parent);
  for (const article of articles.slice(articles.indexOf(question) + 1)) if (!article.dataset.client) article.remove();
  question.after(section);
  return section;
}

function furnish(article) {
  if (article.querySelector(":scope > .message-keep")) return;
  const ways = document.getElementById("keep-template").content.firstElementChild.cloneNode(true);
  article.querySelector(":scope > .message-actions").before(ways);
}

/** End the comparison: one answer stays in its place where the talk goes on from it, else none does. */
export function settle(kept) {
  const section = getComparison();
  if (!section) return;
  if (!section.contains(kept)) return section.remove();
  kept.querySelector(":scope > .message-keep")?.remove();
  section.replaceWith(kept);
}

/** Let the columns be plain messages while the page is compared with a newer one; gives what undoes that for the newer. */
export function flatten() {
  const section = getComparison();
  const left = section?.scrollLeft ?? 0;
  const focused = section?.contains(document.activeElement) ? document.activeElement : null;
  section?.replaceWith(...listColumns(section));
  return (page) => {
    const wanted = getComparison(page);
    const ids = listColumns(wanted).map((column) => column.dataset.message);
    const columns = ids.map(findArticle).filter(Boolean);
    for (const article of listArticles()) {
      if (!columns.includes(article)) article.querySelector(":scope > .message-keep")?.remove();
    }
    if (!columns.length) return;
    const fresh = document.importNode(wanted, false);
    columns[0].before(fresh);
    fresh.append(...columns);
    columns.forEach(furnish);
    fresh.scrollLeft = left;
    focused?.focus({ preventScroll: true });
  };
}
