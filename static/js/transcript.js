// The branch on show, kept as the frames tell it: questions and answers of this tab, of other tabs and other devices.

import { countBlocks, findArticle, getSource, getTail, listArticles, makeArticle, noteBlocks } from "./articles.js";
import { setModel, setOrigin, setQuestion, setSource } from "./articles.js";
import { setAttached } from "./attached.js";
import { emit, on } from "./bus.js";
import { placeBeside, settle } from "./columns.js";
import { flush, paint } from "./painter.js";
import { refresh } from "./refresh.js";
import { apply, isRunning, newReply, STREAMING } from "./replies.js";
import { isShown, shownConversation } from "./room.js";
import { succeed } from "./siblings.js";
import { expectEnd, hear, requestSync, watchReplies } from "./sync.js";
import { isThinking, readReasoning } from "./thinking.js";

const REPLY_FRAMES = ["reply.delta", "reply.reasoning", "reply.html", "reply.snapshot", "reply.finished"];

/** Of each answer's article, what is known of its reply. */
const states = new WeakMap();
/** Replies that were on show once; what still comes for them is of no interest elsewhere. */
const seen = new Set();
/** Replies of branches that are not on show. */
const elsewhere = new Set();

export function startTranscript() {
  adopt();
  on("talk:changed", adoptFetched);
  on("transcript:refreshed", adoptFetched);
  on("frame:message.created", created);
  on("frame:reply.started", started);
  REPLY_FRAMES.forEach((type) => on(`frame:${type}`, told));
  on("frame:hello", syncRunning);
  on("outbox:stopping", ({ reply }) => expectEnd(reply, (id) => running().includes(id)));
  watchReplies(running);
}

function running() {
  const articles = listArticles().filter((article) => states.has(article) && isRunning(states.get(article)));
  return articles.map((article) => article.dataset.message);
}

/** Take the articles that the server wrote as they are. */
function adopt() {
  for (const article of listArticles()) {
    noteBlocks(article);
    if (article.dataset.role === "assistant" && !states.has(article)) know(article, readState(article));
  }
}

/** A page that was fetched is older than the line: what runs on it may have ended meanwhile. */
function adoptFetched() {
  adopt();
  syncRunning();
}

function syncRunning() {
  running().forEach(requestSync);
}

function know(article, state) {
  states.set(article, state);
  seen.add(state.id);
}

/** What the page knows of a reply. Of text that is rendered already only the length matters. */
function readState(article) {
  const { message: id, status, upto } = article.dataset;
  const text = status === STREAMING ? "\0".repeat(upto) + getTail(article) : getSource(article);
  const known = { status, text, upto: Number(upto), count: countBlocks(article) };
  return newReply(id, { ...known, reasoning: readReasoning(article), thinks: isThinking(article) });
}

function told(frame) {
  const article = findArticle(frame.reply);
  if (!article) return unknown(frame.reply);
  const { state, effects } = apply(states.get(article), frame);
  states.set(article, state);
  hear(frame.reply);
  if (effects.some(({ kind }) => kind === "sync")) requestSync(frame.reply);
  if (effects.length) paint(article, effects, frame, () => states.get(article));
}

/** A reply is written that is not on show: this page is older than the line, or the reply is in another branch. */
async function unknown(reply) {
  if (!shownConversation() || elsewhere.has(reply) || seen.has(reply)) return;
  elsewhere.add(reply);
  const isRefreshed = await refresh();
  if (!isRefreshed || findArticle(reply)) elsewhere.delete(reply);
}

function created({ conversation, message }) {
  if (!isShown(conversation)) return;
  const { id, parent, role } = message;
  const known = findArticle(id);
  if (parent && !findArticle(parent)) return known ? undefined : void refresh();
  const article = known ?? makeArticle(role, { id, parent });
  if (previousOf(article) !== parent) place(article, parent);
  setQuestion(article, message.html);
  setSource(article, message.text);
  setAttached(article, message.attachments);
}

function previousOf(article) {
  return article.isConnected ? (article.previousElementSibling?.dataset.message ?? null) : undefined;
}

function started(frame) {
  const { conversation, reply, parent, model, compared } = frame;
  if (!isShown(conversation)) return;
  if (!findArticle(reply) && !findArticle(parent)) return void refresh();
  showReply({ reply, parent, model, compared });
  setOrigin(findArticle(reply), frame);
  goOn(findArticle(reply));
  told({ type: "reply.started", reply });
}

/** A reply that is continued has blocks already: as many as are there once all is painted. */
function goOn(article) {
  flush();
  const count = countBlocks(article);
  know(article, { ...states.get(article), count, closed: count });
}

/** Make sure that a reply is on show, under its question, perhaps beside others. */
export function showReply({ reply, parent, model, compared = [] }) {
  if (findArticle(reply)) return;
  const article = makeArticle("assistant", { id: reply, parent });
  if (compared.length) placeBeside(article, parent, compared);
  else place(article, parent);
  setModel(article, model);
  know(article, newReply(reply));
}

/** Put an article after its parent, in place of the branch that was there; what waits to be sent stays last. */
function place(article, parent) {
  settle(parent ? findArticle(parent) : null);
  const articles = listArticles().filter((one) => !one.dataset.client);
  const above = parent ? findArticle(parent) : null;
  const former = articles.slice(articles.indexOf(above) + 1).filter((one) => one !== article);
  succeed(article, former[0]);
  former.forEach((one) => one.remove());
  if (above) above.after(article);
  else document.getElementById("transcript").prepend(article);
  emit("transcript:changed");
  return article;
}
