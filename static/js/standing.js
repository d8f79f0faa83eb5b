// Where a reader stands in the transcript, and that they go on standing there while what is around them changes.

import { listArticles } from "./articles.js";
import { emit } from "./bus.js";

const page = document.scrollingElement;

/** Whether the talk goes on after what is on show. */
export function isPart() {
  return Boolean(document.querySelector("#transcript > .later"));
}

function articleInView() {
  return listArticles().find((article) => article.id && article.getBoundingClientRect().bottom > 0);
}

/** The id of the first message that somebody sees, or null. */
export function messageInView() {
  return articleInView()?.dataset.message ?? null;
}

/** Change the transcript in a way that leaves what is in view where it is. */
export function holdStill(change) {
  const anchor = articleInView();
  const top = anchor?.getBoundingClientRect().top;
  page.classList.add("is-held"); // else the browser may do the same once more
  change();
  if (anchor?.isConnected) page.scrollTop += anchor.getBoundingClientRect().top - top;
  emit("transcript:held");
  requestAnimationFrame(() => page.classList.remove("is-held"));
}
