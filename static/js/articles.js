// One message in the document: its rendered blocks, the plain text after them, how it ended. Server HTML enters the page
// here and nowhere else; the server has sanitised it.

import { growInto, stopGrowing } from "./growing.js";
import { modelName } from "./models.js";
import { appendText, phrase } from "./texts.js";

const ENDED_EARLY = new Set(["length", "content_filter"]);
const WORDLESS = "wordless";
const FAQ = "faq";
/** As the server writes it. */
const WRITTEN_ON = new Intl.DateTimeFormat(document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang, { dateStyle: "long", timeZone: "UTC" });

/** What each rendered block looked like when it came, before other scripts furnished it. */
const sources = new WeakMap();

export function findArticle(id) {
  return document.getElementById(`m-${id}`);
}

export function listArticles(root = document.getElementById("transcript")) {
  return [...root.querySelectorAll(":scope > .message, :scope > .comparison > .message")];
}

export function makeArticle(role, { id, parent }) {
  const template = document.getElementById(role === "user" ? "question-template" : "answer-template");
  const article = template.content.querySelector(".message").cloneNode(true);
  if (id) nameArticle(article, id);
  article.dataset.parent = parent ?? "";
  return article;
}

export function nameArticle(article, id) {
  article.id = `m-${id}`;
  article.dataset.message = id;
}

function part(article, name) {
  return article.querySelector(`:scope > .message-${name}`);
}

export function countBlocks(article) {
  return part(article, "body").childElementCount;
}

export function getSource(article) {
  return part(article, "source").value;
}

export function setSource(article, text) {
  part(article, "source").value = text;
  article.dataset.length = text.length;
}

/** A question's words, as the server renders them: text, line ends, links. */
export function setQuestion(article, html) {
  const body = part(article, "body");
  if (body.innerHTML !== html) body.replaceChildren(parse(html));
}

/** A question's words before the server has seen them. */
export function setPlainQuestion(article, text) {
  part(article, "body").textContent = text;
}

/** Remember how the blocks look that the server put into the page. */
export function noteBlocks(article) {
  for (const block of part(article, "body").children) if (!sources.has(block)) sources.set(block, block.outerHTML);
}

/** Let the blocks from `index` on be these; what is there already stays untouched, with its selection and scroll. */
export function setBlocks(article, index, html) {
  const body = part(article, "body");
  const fresh = [...parse(html).children].map((block) => [block, block.outerHTML]);
  const old = [...body.children].slice(index);
  let same = 0;
  while (same < old.length && same < fresh.length && isSame(old[same], fresh[same])) same += 1;
  old.slice(same).forEach((block) => block.remove());
  for (const [block, source] of fresh.slice(same)) {
    sources.set(block, source);
    body.append(block);
  }
}

function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return document.importNode(template.content, true);
}

function isSame(block, [fresh, source]) {
  return sources.get(block) === source || block.isEqualNode(fresh);
}

/** Show the text that no block shows yet: inside the last block while that one grows, else below the blocks. */
export function setTail(article, text, isGrowing) {
  const body = part(article, "body");
  if (!isGrowing) stopGrowing(body);
  setPlainTail(article, isGrowing ? growInto(body, text) : text);
}

function setPlainTail(article, text) {
  const tail = part(article, "tail");
  const shown = text.replace(/^\s*\n/, "");
  tail.hidden = !shown;
  appendText(tail, shown);
}

export function getTail(article) {
  return part(article, "tail").textContent;
}

export function setModel(article, model) {
  article.dataset.model = model;
  part(article, "model").querySelector(".message-model-name").textContent = modelName(model);
}

/** Name who answered and, where that was somebody else, who was asked. */
export function setAnswerer(article, { model, asked_model: asked }) {
  setModel(article, model);
  const line = part(article, "fallback");
  line.hidden = !asked;
  if (!asked) return;
  line.querySelector(".message-fallback-model").textContent = modelName(model);
  line.querySelector(".message-fallback-asked").textContent = modelName(asked);
}

/** Say where the answer comes from when the model does not write it now. */
export function setOrigin(article, { source, source_at: writtenAt }) {
  article.dataset.source = source;
  const line = part(article, "origin");
  line.hidden = !source;
  part(article, "model").classList.toggle("visually-hidden", source === FAQ);
  if (source === FAQ) part(article, "model").querySelector(".message-model-name").textContent = phrase("answer.faq");
  if (!writtenAt) return;
  const date = line.querySelector(".message-origin-date");
  date.dateTime = writtenAt;
  date.textContent = WRITTEN_ON.format(new Date(writtenAt));
}

/** Say how it stands: streaming, or how it ended; `ending` is a reply.finished frame, as far as it is known. */
export function setStatus(article, status, ending = {}) {
  article.dataset.status = status;
  const row = makeStatus(kindOf(status, ending));
  if (row) furnishStatus(row, ending);
  part(article, "status")?.replaceWith(row ?? emptyStatus());
  const omitted = part(article, "omitted");
  if (omitted && ending.omitted !== undefined) {
    omitted.hidden = !ending.omitted;
    omitted.querySelector(".message-omitted-count").textContent = ending.omitted;
  }
}

/** What is to be said about an end: the status, or why a complete answer is not all there could be. */
function kindOf(status, { finish_reason: reason, text }) {
  if (status !== "complete" || !ENDED_EARLY.has(reason)) return status;
  return reason === "length" && !text ? WORDLESS : reason;
}

function makeStatus(kind) {
  const rows = document.getElementById("status-template").content;
  return rows.querySelector(`[data-kind="${CSS.escape(kind)}"]`)?.cloneNode(true);
}

function furnishStatus(row, { error, text, reasoning, can_continue: canContinue, finish_reason: reason }) {
  if (error) row.querySelector(".message-status-text").textContent = error.message;
  const offersMore = Boolean(canContinue && (text || reasoning || reason === "length"));
  row.querySelector('[data-action="continue"]').hidden = !offersMore;
  row.querySelector('[data-action="regenerate"]').hidden = offersMore;
}

function emptyStatus() {
  const row = document.createElement("div");
  row.className = "message-status";
  row.hidden = true;
  return row;
}

/** List the pages on which an answer draws, as its provider says. */
export function setSources(article, pages) {
  const list = part(article, "sources");
  const items = pages.map(({ url, title }) => {
    const link = Object.assign(document.createElement("a"), { href: url, target: "_blank", rel: "noopener noreferrer nofollow" });
    link.dir = "auto";
    link.textContent = title || url;
    const item = document.createElement("li");
    item.append(link);
    return item;
  });
  list.querySelector("ol").replaceChildren(...items);
  list.hidden = !items.length;
}
