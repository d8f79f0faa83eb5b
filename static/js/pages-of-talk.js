// Links to the pages about one conversation: from the header to those of the one on show, from a row's menu to its own.

import { on } from "./bus.js";
import { invokerOf } from "./menus.js";

export function startPagesOfTalk() {
  const menu = document.getElementById("row-menu");
  menu.addEventListener("beforetoggle", () => {
    const row = invokerOf(menu)?.closest(".row");
    for (const link of menu.querySelectorAll("[data-of-row]")) link.href = `/c/${row?.dataset.conversation}/${link.dataset.ofRow}/`;
  });
  on("talk:named", ({ conversation }) => {
    const link = document.getElementById("share-talk");
    if (!link) return; // nothing is shared on this site
    link.href = `/c/${conversation}/share/`;
    link.hidden = false;
  });
}
