// One notice at a time, above the composer. A newer one takes the place of the older; errors stay until they are read.

import { on } from "./bus.js";

const INFO_FOR = 6000;
const ACTION_FOR = 10_000;

let timer = 0;

/** Show a notice; `action` is {label, run}. Errors and sticky notices stay until they are closed. */
export function toast(message, { kind = "info", action = null, sticky = kind === "error" } = {}) {
  const region = document.getElementById("toasts");
  const box = document.getElementById("toast-template").content.firstElementChild.cloneNode(true);
  box.dataset.kind = kind;
  box.querySelector(".toast-text").textContent = message;
  box.querySelector(".toast-close").addEventListener("click", close);
  if (action) offer(box.querySelector(".toast-action"), action);
  liftAboveDock();
  region.replaceChildren(box);
  clearTimeout(timer);
  if (!sticky) closeAfter(box, action ? ACTION_FOR : INFO_FOR);
}

function offer(button, { label, run }) {
  button.textContent = label;
  button.hidden = false;
  button.addEventListener("click", () => {
    close();
    run();
  });
}

/** Whoever is reading it, or about to use it, has the time they need. */
function closeAfter(box, milliseconds) {
  const start = () => (timer = setTimeout(close, milliseconds));
  const hold = () => clearTimeout(timer);
  ["pointerenter", "focusin"].forEach((name) => box.addEventListener(name, hold));
  ["pointerleave", "focusout"].forEach((name) => box.addEventListener(name, start));
  start();
}

function close() {
  clearTimeout(timer);
  document.getElementById("toasts").replaceChildren();
}

/** What was wrong with the last words is mended by these. */
function closeRefusal() {
  if (document.querySelector('#toasts [data-kind="error"]')) close();
}

function liftAboveDock() {
  const dock = document.querySelector(".talk:has(.message) .dock");
  document.getElementById("toasts").style.setProperty("--dock-height", `${dock?.offsetHeight ?? 0}px`);
}

export function startToasts() {
  const dock = document.querySelector(".dock");
  if (dock) new ResizeObserver(liftAboveDock).observe(dock); // it grows with the words that come back after a refusal
  const notice = document.getElementById("notice");
  if (notice) toast(notice.textContent);
  on("frame:notice", ({ code, message }) => code === "warning" || toast(message, { sticky: true }));
  on("outbox:accepted", closeRefusal);
  // What went wrong with something that the outbox did not send.
  on("frame:error", ({ client_id, message }) => client_id || toast(message, { kind: "error" }));
}
