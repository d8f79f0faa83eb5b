// How long it takes until the next message may be sent: told below the field, to screen readers only at its start and end.
//
// Announces "countdown:changed" when it begins and when it is over. Nothing is sent by itself.

import { emit, on } from "./bus.js";

const MINUTE = 60;
const HOUR = 3600;

let until = 0;
let timer = 0;

export function isCountingDown() {
  return Date.now() < until;
}

/** Begin to count down; a longer wait takes the place of a shorter one. */
export function countDown(seconds) {
  until = Math.max(until, Date.now() + seconds * 1000);
  say(`Too many requests. You can send again in ${spoken(secondsLeft())}. Your text is kept here.`);
  tick();
  emit("countdown:changed");
}

export function startCountdown() {
  on("talk:changed", show);
  document.addEventListener("visibilitychange", () => timer && tick());
}

function tick() {
  clearTimeout(timer);
  const rest = until - Date.now();
  timer = rest > 0 ? setTimeout(tick, rest % 1000 || 1000) : 0;
  show();
  if (timer) return;
  say("You can send again.");
  emit("countdown:changed");
}

function show() {
  const line = document.getElementById("composer-wait");
  line.hidden = !isCountingDown();
  line.textContent = line.hidden ? "" : `Too many requests. You can send again in ${short(secondsLeft())}`;
}

function say(words) {
  document.getElementById("composer-wait-said").textContent = words;
}

function secondsLeft() {
  return Math.max(1, Math.ceil((until - Date.now()) / 1000));
}

function short(seconds) {
  if (seconds < MINUTE) return `${seconds} s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min ${seconds % MINUTE} s`;
  return `${Math.floor(seconds / HOUR)} h ${Math.floor((seconds % HOUR) / MINUTE)} min`;
}

function spoken(seconds) {
  if (seconds < MINUTE) return counted(seconds, "second");
  if (seconds < HOUR) return counted(Math.ceil(seconds / MINUTE), "minute");
  return counted(Math.ceil(seconds / HOUR), "hour");
}

function counted(number, unit) {
  return `${number} ${unit}${number === 1 ? "" : "s"}`;
}
