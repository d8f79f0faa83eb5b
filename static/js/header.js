// The header gains a line once text scrolls under it.

import { on } from "./bus.js";

function look() {
  document.getElementById("talk-header").classList.toggle("is-over-text", scrollY > 8);
}

export function startHeader() {
  addEventListener("scroll", look, { passive: true });
  on("talk:changed", look);
  look();
}
