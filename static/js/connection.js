// The quiet line above the composer that says how the connection is, once it matters.

import { on } from "./bus.js";
import { hasten } from "./socket.js";
import { phrase } from "./texts.js";

const SAY_AFTER = 2000;
const SIGN_IN = "/accounts/login/";

let words = null;
let timer = 0;
let isOutdated = false;

export function startConnection() {
  on("connection", ({ state }) => changed(state));
  on("talk:changed", show);
}

function changed(state) {
  document.documentElement.dataset.connection = state;
  isOutdated ||= state === "reload";
  if (state === "offline" || state === "connecting") return lose();
  clearTimeout(timer);
  timer = 0;
  if (state === "signed-out") say(signedOut);
  else if (state === "crowded") say(crowded);
  else say(isOutdated ? outdated : null);
}

/** A line that is back within a moment is not worth a word. */
function lose() {
  if (words !== lost) timer ||= setTimeout(say, SAY_AFTER, lost);
}

function say(next) {
  words = next;
  show();
}

function show() {
  const line = document.getElementById("connection");
  line.replaceChildren(...(words?.() ?? []));
  line.hidden = !words;
}

function lost() {
  return [phrase("connection.lost")];
}

function signedOut() {
  const link = document.createElement("a");
  link.href = `${SIGN_IN}?next=${encodeURIComponent(location.pathname)}`;
  link.textContent = phrase("connection.sign_in");
  return [phrase("connection.signed_out"), " ", link];
}

function crowded() {
  const button = makeButton(phrase("connection.again"), hasten);
  return [phrase("connection.crowded"), " ", button];
}

function outdated() {
  return [phrase("connection.outdated"), " ", makeButton(phrase("connection.reload"), () => location.reload())];
}

function makeButton(label, act) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "link-button";
  button.textContent = label;
  button.addEventListener("click", act);
  return button;
}
