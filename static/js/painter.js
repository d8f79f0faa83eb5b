// Brings what happened to replies onto the page, once per animation frame, however many frames the server sent.

import { announce, announceEnd, announceRest } from "./announcer.js";
import { setAnswerer, setBlocks, setOrigin, setSource, setSources, setStatus, setTail } from "./articles.js";
import { modelName } from "./models.js";
import { isGrowing, STREAMING, tailOf } from "./replies.js";
import { setThinking } from "./thinking.js";

const HIDDEN_EVERY = 250;

const waiting = new Map();
let scheduled = 0;

/** Note that a reply changed; `look()` gives its state when it is painted. */
export function paint(article, effects, frame, look) {
  const jobs = waiting.get(article)?.jobs ?? [];
  waiting.set(article, { look, jobs: jobs.concat(effects.map((effect) => ({ effect, frame }))) });
  scheduled ||= document.hidden ? setTimeout(flush, HIDDEN_EVERY) : requestAnimationFrame(flush);
}

/** Paint at once, for whoever needs the document as it is meant to be. */
export function flush() {
  scheduled = 0;
  const due = [...waiting];
  waiting.clear();
  due.forEach(([article, { look, jobs }]) => paintReply(article, look(), jobs));
}

function paintReply(article, state, jobs) {
  for (const { effect, frame } of jobs) PAINTERS[effect.kind]?.(article, effect, frame);
  if (jobs.some(({ effect }) => effect.kind === "thinking")) setThinking(article, state);
  setTail(article, tailOf(state), isGrowing(state));
  article.dataset.upto = state.upto;
  article.dataset.length = state.text.length;
  if (jobs.some(({ effect }) => effect.kind === "tail") && !isBeside(article)) announce(state.id, state.text);
}

/** Several answers at once would be read in pieces of each other. */
function isBeside(article) {
  return article.parentElement?.className === "comparison";
}

const PAINTERS = {
  blocks(article, { index, blocks }) {
    setBlocks(article, index, blocks.join(""));
  },
  whole(article, { html }, frame) {
    setBlocks(article, 0, html);
    setAnswerer(article, frame);
    setOrigin(article, frame);
    setSources(article, frame.citations);
  },
  status(article, _effect, frame) {
    const status = frame.status ?? STREAMING;
    setStatus(article, status, frame);
    if (status === STREAMING) return;
    setSource(article, frame.text);
    if (isBeside(article)) announceEnd(modelName(article.dataset.model));
    else announceRest(article.dataset.message, frame.text);
  },
};

// A hidden tab gets no animation frames: what waited for one is painted as the tab goes.
document.addEventListener("visibilitychange", () => document.hidden && flush());
