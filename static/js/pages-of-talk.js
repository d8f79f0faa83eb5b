// Links to the pages about one conversation: from the header to those of the one on show, from a row's menu to its own. And
// from the menu of an answer to its page.

import { on } from "./bus.js";
import { invokerOf } from "./menus.js";

export function startPagesOfTalk() {
  const menu = document.getElementById("row-menu");
  menu.addEventListener("beforetoggle", () => {
    const row = invokerOf(menu)?.closest(".row");
    for (const link of menu.querySelectorAll("[data-of-row]")) link.href = `/c/${row?.dataset.conversation}/${link.dataset.ofRow}/`;
  });
  const ofMessage = document.getElementById("message-menu");
  ofMessage.addEventListener("beforetoggle", () => {
    const article = invokerOf(ofMessage)?.closest(".message");
    for (const link of ofMessage.querySelectorAll("[data-of-message]")) {
      link.hidden = article?.dataset.role !== "assistant";
      link.href = `/replies/${article?.dataset.message}/${link.dataset.ofMessage}/`;
    }
  });
  on("talk:named", ({ conversation }) => {
    const link = document.getElementById("share-talk");
    if (!link) return; // nothing is shared on this site
    link.href = `/c/${conversation}/share/`;
    link.hidden = false;
  });
}
