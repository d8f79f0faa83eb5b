// What there is to know of an answer besides its words, shown under it on demand; asked for again, it goes.

import { invokerOf } from "./menus.js";
import { phrase } from "./texts.js";
import { toast } from "./toasts.js";

async function toggle(article) {
  const shown = article.querySelector(":scope > .details");
  if (shown) return shown.remove();
  const details = await fetchDetails(article.dataset.message);
  if (!details) return toast(phrase("api.failed"), { kind: "error" });
  article.querySelector(":scope > .message-actions").after(details);
  details.focus({ preventScroll: true });
  details.scrollIntoView({ block: "nearest" });
}

async function fetchDetails(reply) {
  try {
    const answer = await fetch(`/replies/${reply}/details/`, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return null;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return document.importNode(page.querySelector(".details"), true);
  } catch {
    return null;
  }
}

export function startDetails() {
  const menu = document.getElementById("message-menu");
  const item = menu.querySelector('[data-action="details"]');
  const articleOf = () => invokerOf(menu)?.closest(".message");
  menu.addEventListener("beforetoggle", () => (item.hidden = articleOf()?.dataset.role !== "assistant"));
  item.addEventListener("click", () => toggle(articleOf()));
}
