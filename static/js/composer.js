// The field at the bottom: grows with its text, keeps drafts, sends with Enter, stops with Esc or the same button.

import { wantsLessMotion } from "./appearance.js";
import { on } from "./bus.js";
import { listCompared } from "./columns.js";
import { comparedModels, stopComparing } from "./comparing.js";
import { countDown, isCountingDown, startCountdown } from "./countdown.js";
import { keepDraft, readDraft } from "./drafts.js";
import { grow } from "./grow.js";
import { tellLength } from "./length.js";
import { currentModel } from "./models.js";
import { ask, stop } from "./outbox.js";
import { showNewest } from "./refresh.js";
import { RATE_LIMITED } from "./socket.js";
import { isPart } from "./standing.js";
import { phrase } from "./texts.js";
import { toast } from "./toasts.js";
import { hasFiles, isUploading, putFiles, takeFiles } from "./tray.js";

const HAS_KEYBOARD = matchMedia("(hover: hover)");

function talk() {
  return document.getElementById("talk");
}

function field() {
  return document.getElementById("composer-text");
}

function conversation() {
  return talk().dataset.conversation || null;
}

/** Whether nothing of this talk is to be kept. */
function isTemporary() {
  return talk().dataset.temporary !== undefined;
}

export function focusComposer() {
  field().focus();
}

/** Whether Enter means "send" here: never while an input method still composes a character. */
export function isSendKey(event) {
  return event.key === "Enter" && !event.shiftKey && !event.altKey && !event.isComposing && event.keyCode !== 229;
}

function before(text, rest) {
  return rest.trim() && rest !== text ? `${text}\n\n${rest}` : text;
}

/** Put words into the field, before what is already there. */
export function putText(text) {
  const rest = field().value;
  field().value = before(text, rest);
  written();
  focusComposer();
}

/** An idea takes the place of another one, never of a person's own words. */
function suggest(idea) {
  const ideas = [...document.querySelectorAll('[data-action="suggest"]')].map((button) => button.dataset.text);
  if (ideas.includes(field().value)) field().value = "";
  putText(idea);
}

function runningReplies() {
  const articles = document.querySelectorAll('#transcript .message[data-status="streaming"]');
  return [...articles].map((article) => article.dataset.message);
}

export function stopRunning() {
  const replies = runningReplies();
  replies.forEach(stop);
  return replies.length > 0;
}

/** What is asked from an earlier part of a long talk goes on from its end, so that is what has to be on show. */
async function submit() {
  if (isPart() && !isWordless(field().value)) await showNewest();
  askNow();
}

function askNow() {
  const text = field().value;
  const isTooLong = tellLength(text, document.getElementById("composer-note"));
  if (isWordless(text) || isTooLong || isCountingDown()) return;
  const models = comparedModels();
  const model = models[0] ?? currentModel();
  const obstacle = findObstacle(model);
  if (obstacle) return toast(phrase("send.kept", { reason: obstacle }));
  const from = document.querySelector(".dock").getBoundingClientRect().top;
  const attachments = takeFiles(conversation());
  const wasEmpty = !document.querySelector("#transcript .message");
  field().value = "";
  written();
  const { folder } = talk().dataset;
  const temporary = isTemporary() && !conversation();
  ask({ conversation: conversation(), folder, queue: mustWait(), temporary, parent: null, text, model, models, attachments });
  stopComparing();
  if (wasEmpty) glideFrom(from);
  if (HAS_KEYBOARD.matches) focusComposer();
  else field().blur(); // the keyboard on the screen makes room for the answer
}

/** Files need no words. */
function isWordless(text) {
  return !text.trim() && !hasFiles(conversation());
}

/** Whether something is before the next message; the server knows better, and sends it at once where nothing is. */
function mustWait() {
  return Boolean(conversation() && (runningReplies().length || document.querySelector(".queued:not(.is-held)")));
}

function findObstacle(model) {
  if (isUploading(conversation())) return phrase("send.uploading");
  if (runningReplies().length && !conversation()) return phrase("send.answering");
  if (document.querySelector("#transcript .message[data-client]")) return phrase("send.waiting");
  if (listCompared().length) return phrase("compare.keep");
  return model ? "" : phrase("send.no_model");
}

/** From the middle of the empty page to the bottom, where it stays. */
function glideFrom(top) {
  const dock = document.querySelector(".dock");
  const distance = top - dock.getBoundingClientRect().top;
  if (!distance || wantsLessMotion()) return;
  dock.animate([{ transform: `translateY(${distance}px)` }, { transform: "none" }], {
    duration: 320,
    easing: "cubic-bezier(0.2, 0, 0, 1)",
  });
}

function written() {
  const text = field().value;
  const isTooLong = tellLength(text, document.getElementById("composer-note"));
  grow(field());
  document.getElementById("composer").classList.toggle("is-too-long", isTooLong);
  document.getElementById("composer").classList.toggle("has-words", Boolean(text.trim()));
  document.querySelector(".send-button").disabled = isWordless(text) || isTooLong || isCountingDown();
  if (!isTemporary()) keepDraft(conversation(), text);
}

function begin() {
  field().value = readDraft(conversation());
  written();
  if (HAS_KEYBOARD.matches) focusComposer();
}

function takeBack(from, text, attachments) {
  putFiles(from, attachments);
  if (from === conversation()) putText(text);
  else keepDraft(from, before(text, readDraft(from)));
}

export function startComposer() {
  startCountdown();
  document.addEventListener("input", (event) => event.target.id === "composer-text" && written());
  document.addEventListener("submit", (event) => {
    if (event.target.id !== "composer") return;
    event.preventDefault();
    submit();
  });
  document.addEventListener("keydown", (event) => {
    if (event.target.id !== "composer-text" || !isSendKey(event)) return;
    event.preventDefault();
    submit();
  });
  document.addEventListener("click", (event) => {
    const action = event.target.closest?.("[data-action]");
    if (action?.dataset.action === "stop") stopRunning();
    if (action?.dataset.action === "suggest") suggest(action.dataset.text);
    if (event.target.id === "composer") focusComposer();
  });

  on("talk:changed", begin);
  on("talk:named", () => {
    keepDraft(null, "");
    written();
  });
  on("countdown:changed", written);
  on("files:changed", written);
  on("outbox:refused", ({ text, message, code, retry_after, frame }) => {
    if (frame.type === "message.send") takeBack(frame.conversation || null, text, frame.attachments);
    if (code === RATE_LIMITED) countDown(retry_after);
    else toast(message, { kind: "error" }); // above the composer, which has its height by now
  });
  begin();
}
