// Arriving at one message, from a search or a link: its branch becomes the one on show, and it is shown for a moment.

import { post } from "./api.js";
import { findArticle } from "./articles.js";
import { on } from "./bus.js";
import { shownPath } from "./room.js";
import { isPart } from "./standing.js";
import { toast } from "./toasts.js";

const MESSAGE = /^#m-[0-9a-f-]{36}$/;

/** The message that the address names, where it is on show. */
export function namedMessage() {
  if (MESSAGE.test(location.hash)) return document.getElementById(location.hash.slice(1));
  const wanted = new URLSearchParams(location.search).get("message");
  return wanted && findArticle(wanted);
}

/** A branch that only the address chose is chosen like any other, so that what is said next goes on from it. */
async function arrive() {
  const { turnedTo } = document.getElementById("talk").dataset;
  const named = namedMessage();
  if (named) point(named);
  if (!new URLSearchParams(location.search).has("message")) return;
  // Where only an earlier part of the talk is shown, the address goes on to say which.
  if (!isPart()) history.replaceState(history.state, "", shownPath() + location.hash);
  if (!turnedTo) return;
  try {
    await post(`/messages/${turnedTo}/show/`);
  } catch (error) {
    toast(error.message, { kind: "error" });
  }
}

function point(article) {
  article.classList.add("is-pointed-at");
  article.addEventListener("animationend", () => article.classList.remove("is-pointed-at"), { once: true });
}

export function startArrival() {
  on("talk:changed", arrive);
  arrive();
}
