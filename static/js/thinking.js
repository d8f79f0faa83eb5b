// What the model thought, in a part above the answer that can be opened: its words, and for how long.

import { appendText, phrase } from "./texts.js";

const AT_END = 24;

/** Of each article whose model thinks before our eyes: since when, and the timer that tells it. */
const watched = new WeakMap();

export function findThinking(article) {
  return article.querySelector(":scope > .thinking");
}

export function readReasoning(article) {
  return findThinking(article)?.querySelector(".thinking-text").textContent ?? "";
}

export function isThinking(article) {
  return findThinking(article)?.dataset.state === "thinking";
}

/** Show how it stands: `seconds` is what the server measured, once it is known. */
export function setThinking(article, { reasoning, thinks, seconds }) {
  const part = findThinking(article);
  if (!part) return;
  part.hidden = !reasoning;
  part.dataset.state = thinks ? "thinking" : "";
  write(part.querySelector(".thinking-text"), reasoning, part.open);
  if (thinks) return watch(article, part);
  const spent = seconds ?? secondsSince(article);
  forget(article);
  if (reasoning) label(part, nameDuration(spent));
}

/** A reader at the end of a long thought stays there; one who reads on above is not moved. */
function write(box, reasoning, isOpen) {
  const isAtEnd = isOpen && box.scrollHeight - box.scrollTop - box.clientHeight < AT_END;
  appendText(box, reasoning);
  if (isAtEnd) box.scrollTop = box.scrollHeight;
}

function watch(article, part) {
  if (watched.has(article)) return;
  const since = performance.now();
  const timer = setInterval(() => (article.isConnected ? tick(article, part) : forget(article)), 1000);
  watched.set(article, { since, timer });
  label(part, phrase("thinking.now"));
}

function tick(article, part) {
  label(part, phrase("thinking.now"), phrase("time.short_seconds", { seconds: Math.round(secondsSince(article)) }));
}

function secondsSince(article) {
  const known = watched.get(article);
  return known ? (performance.now() - known.since) / 1000 : null;
}

function forget(article) {
  clearInterval(watched.get(article)?.timer);
  watched.delete(article);
}

function label(part, words, seconds = "") {
  const [name, count] = part.querySelectorAll(".thinking-label, .thinking-seconds");
  if (name.textContent !== words) name.textContent = words;
  count.textContent = seconds;
}

/** In the words of the server's page, which says the same after a reload. */
function nameDuration(seconds) {
  if (seconds === null) return phrase("thinking.thoughts");
  const whole = Math.round(seconds);
  if (whole < 1) return phrase("thinking.moment");
  if (whole < 60) return phrase("thinking.seconds", { seconds: whole });
  return phrase("thinking.minutes", { minutes: Math.floor(whole / 60), seconds: whole % 60 });
}

/** Whoever had it open keeps it open when the article is replaced by a newer one. */
export function keepOpen(former, article) {
  if (findThinking(former)?.open) findThinking(article).open = true;
}
