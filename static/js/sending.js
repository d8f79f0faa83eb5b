// A question that waits to be accepted stands in the transcript at once, and becomes the real one when it is.

import { findArticle, listArticles, makeArticle, nameArticle, setPlainQuestion, setSource } from "./articles.js";
import { setAttached } from "./attached.js";
import { emit, on } from "./bus.js";
import { refresh } from "./refresh.js";
import { isShown, leaveConversation, nameConversation, shownConversation } from "./room.js";
import { getSiblings, setSiblings } from "./siblings.js";
import { phrase } from "./texts.js";
import { showReply } from "./transcript.js";
import { getFile } from "./tray.js";
import { ownEntries } from "./waiting.js";

const SAY_AFTER = 2000;

export function startSending() {
  showAll();
  on("talk:changed", showAll);
  on("transcript:refreshed", showAll);
  on("outbox:waiting", show);
  on("outbox:accepted", accepted);
  on("outbox:refused", refused);
}

function showAll() {
  ownEntries().filter(({ client_id }) => !findWaiting(client_id)).forEach(show);
}

function findWaiting(clientId) {
  return document.querySelector(`#transcript [data-client="${CSS.escape(clientId)}"]`);
}

function show({ client_id, frame }) {
  if (frame.type === "message.edit") return showEdit(client_id, frame);
  if (frame.type !== "message.send" || frame.queue || frame.conversation !== shownConversation()) return;
  const tip = listArticles().at(-1)?.dataset.message;
  const article = append(client_id, frame.text, frame.parent ?? tip);
  setAttached(article, frame.attachments.flatMap((id) => getFile(id) ?? []));
}

/** The new words take the place of the old ones and of all that followed from them. */
function showEdit(clientId, { message, text }) {
  const edited = findArticle(message);
  if (!edited) return;
  const articles = listArticles();
  articles.slice(articles.indexOf(edited)).forEach((one) => one.remove());
  const siblings = getSiblings(edited);
  append(clientId, text, edited.dataset.parent).dataset.siblings = siblings.length ? siblings.join(" ") : message;
}

function append(clientId, text, parent) {
  const article = makeArticle("user", { parent });
  article.dataset.client = clientId;
  article.dataset.status = "waiting";
  setPlainQuestion(article, text);
  setSource(article, text);
  document.getElementById("transcript").append(article);
  setTimeout(sayThatItWaits, SAY_AFTER, article);
  emit("transcript:sent", { article });
  return article;
  return article;
}

function sayThatItWaits(article) {
  if (!article.isConnected || article.dataset.status !== "waiting") return;
  const note = document.createElement("p");
  note.className = "message-waiting";
  const isOnline = document.documentElement.dataset.connection === "online";
  note.textContent = phrase(isOnline ? "send.for_server" : "send.for_connection");
  article.querySelector(".message-body").after(note);
}

function accepted({ client_id, conversation, message, reply, frame }) {
  const article = findWaiting(client_id);
  if (article && !shownConversation()) nameConversation(conversation);
  if (!isShown(conversation)) return leaveConversation(conversation);
  if (!article) return;
  becomeReal(article, message);
  if (!frame.models) showReply({ reply, parent: message, model: frame.model }); // several are told one by one
}

function becomeReal(article, message) {
  if (findArticle(message)) return article.remove();
  nameArticle(article, message);
  if (article.dataset.siblings) setSiblings(article, [...getSiblings(article), message]);
  article.removeAttribute("data-client");
  article.dataset.status = "complete";
  article.querySelector(":scope > .message-waiting")?.remove();
}

function refused({ client_id, frame }) {
  findWaiting(client_id)?.remove();
  if (frame.type === "message.edit") refresh();
  emit("transcript:changed");
}
