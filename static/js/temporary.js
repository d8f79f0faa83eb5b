// A temporary conversation ends when its page is left: nothing of it stays on the server.

import { post } from "./api.js";
import { on } from "./bus.js";
import { keepDraft } from "./drafts.js";
import { shownConversation } from "./room.js";

const { csrf } = JSON.parse(document.getElementById("page-config").textContent);

/** The temporary conversation on show, or null. */
let current = null;

function look() {
  const next = document.getElementById("talk").dataset.temporary === undefined ? null : shownConversation();
  if (current && current !== next) keepDraft(current, "");
  if (current && current !== next) post(`/c/${current}/end/`).catch(() => {}); // else it ends by itself within an hour
  current = next;
}

function leave() {
  if (!current) return;
  keepDraft(current, "");
  navigator.sendBeacon(`/c/${current}/end/`, new URLSearchParams({ csrfmiddlewaretoken: csrf }));
}

export function startTemporary() {
  on("talk:changed", look);
  on("talk:named", look);
  addEventListener("pagehide", leave);
  look();
}
