// Which conversation is on show, and that the socket has it, and no other, open.

import { emit, on } from "./bus.js";
import { RATE_LIMITED, send } from "./socket.js";

let opened = null;
let timer = 0;

export function startRoom() {
  on("frame:hello", followAgain);
  on("talk:changed", follow);
  on("frame:error", ({ code, client_id, retry_after }) => {
    if (code !== RATE_LIMITED || client_id) return;
    clearTimeout(timer); // however many frames were refused
    timer = setTimeout(followAgain, retry_after * 1000);
  });
}

export function shownConversation() {
  return getTalk().dataset.conversation || null;
}

export function shownPath() {
  const conversation = shownConversation();
  return conversation ? `/c/${conversation}/` : "/c/";
}

export function isShown(conversation) {
  return conversation === shownConversation();
}

/** The first message made a conversation of this page: it gets an address without being loaded anew. */
export function nameConversation(conversation) {
  getTalk().dataset.conversation = conversation;
  opened = conversation; // the server opened it when it accepted the message
  history.replaceState(history.state, "", shownPath());
  emit("talk:named", { conversation });
}

/** The server opened a conversation for us that is not on show any more. */
export function leaveConversation(conversation) {
  send({ type: "conversation.close", conversation });
}

/** Also where the server may not have heard it. */
function followAgain() {
  opened = null;
  follow();
}

function follow() {
  const shown = shownConversation();
  if (shown === opened) return;
  if (opened) send({ type: "conversation.close", conversation: opened });
  if (shown) send({ type: "conversation.open", conversation: shown });
  opened = shown;
}

function getTalk() {
  return document.getElementById("talk");
}
