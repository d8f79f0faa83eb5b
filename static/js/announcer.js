// Lets screen readers hear an answer sentence by sentence, never token by token.

import { phrase } from "./texts.js";

const SENTENCE = /[.!?:…。！？](?=["'»”)\]]*\s)|\n/g;
const LINK = /!?\[([^\][]*)\]\([^()\s]*\)/g;
const SIGNS = /[*`#>|~\0]+|(?<!\w)_+|_+(?!\w)/g;
const AT_MOST_EVERY = 1500;

const said = new Map();
let queue = "";
let timer = 0;

/** Announce the sentences of a running answer that have ended since the last time. */
export function announce(reply, text) {
  const start = said.get(reply);
  if (start === undefined) return void said.set(reply, 0);
  const fresh = text.slice(start);
  const end = [...fresh.matchAll(SENTENCE)].at(-1);
  if (!end) return;
  said.set(reply, start + end.index + 1);
  say(fresh.slice(0, end.index + 1));
}

/** Announce what is left of an answer that ended. */
export function announceRest(reply, text) {
  if (said.has(reply)) say(text.slice(said.get(reply)));
  said.delete(reply);
}

/** Announce that one of several answers is there. */
export function announceEnd(model) {
  say(`${phrase("compare.answered", { model })} `);
}

function say(words) {
  queue += plain(words);
  timer ||= setTimeout(speak, AT_MOST_EVERY);
}

function speak() {
  timer = 0;
  const announcer = document.getElementById("announcer");
  if (announcer) announcer.textContent = queue.trim();
  queue = "";
}

/** Markdown's signs say nothing when read aloud, nor do addresses and the filling for text this page never had. */
function plain(words) {
  return words.replace(LINK, "$1").replace(SIGNS, "");
}
