// A temporary conversation ends when its page is left: nothing of it stays, neither on the server nor in this browser.

import { post } from "./api.js";
import { on } from "./bus.js";
import { shownConversation } from "./room.js";
import { forget, ownEntries } from "./waiting.js";

const { csrf } = JSON.parse(document.getElementById("page-config").textContent);

let isOnShow = false;
/** The temporary conversation on show, or null where none is or it has not begun yet. */
let current = null;

function look() {
  const isNow = document.getElementById("talk").dataset.temporary !== undefined;
  const next = isNow ? shownConversation() : null;
  if (current ? current !== next : isOnShow && !isNow) dropUnanswered();
  if (current && current !== next) post(`/c/${current}/end/`).catch(() => {}); // else it ends by itself within an hour
  isOnShow = isNow;
  current = next;
}

function leave() {
  if (isOnShow) dropUnanswered();
  if (current) navigator.sendBeacon(`/c/${current}/end/`, new URLSearchParams({ csrfmiddlewaretoken: csrf }));
}

/** What the server has not answered yet is not kept in this browser, and not sent later. */
function dropUnanswered() {
  const own = ownEntries().filter(({ frame }) => frame.temporary || (current && frame.conversation === current));
  own.forEach(({ client_id: clientId }) => forget(clientId));
}

export function startTemporary() {
  on("talk:changed", look);
  on("talk:named", look);
  addEventListener("pagehide", leave);
  look();
}
