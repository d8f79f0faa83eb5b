// How long it takes until the next message may be sent: told below the field, to screen readers only at its start and end.
//
// Announces "countdown:changed" when it begins and when it is over. Nothing is sent by itself.

import { emit, on } from "./bus.js";
import { phrase } from "./texts.js";

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
  say(phrase("wait.said", { time: spoken(secondsLeft()) }));
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
  say(phrase("wait.over"));
  emit("countdown:changed");
}

function show() {
  const line = document.getElementById("composer-wait");
  line.hidden = !isCountingDown();
  line.textContent = line.hidden ? "" : phrase("wait.shown", { time: short(secondsLeft()) });
}

function say(words) {
  document.getElementById("composer-wait-said").textContent = words;
}

function secondsLeft() {
  return Math.max(1, Math.ceil((until - Date.now()) / 1000));
}

function short(seconds) {
  if (seconds < MINUTE) return phrase("time.short_seconds", { seconds });
  if (seconds < HOUR) return phrase("time.short_minutes", { minutes: Math.floor(seconds / MINUTE), seconds: seconds % MINUTE });
  return phrase("time.short_hours", { hours: Math.floor(seconds / HOUR), minutes: Math.floor((seconds % HOUR) / MINUTE) });
}

function spoken(seconds) {
  if (seconds < MINUTE) return phrase("time.seconds", { count: seconds });
  if (seconds < HOUR) return phrase("time.minutes", { count: Math.ceil(seconds / MINUTE) });
  return phrase("time.hours", { count: Math.ceil(seconds / HOUR) });
}
