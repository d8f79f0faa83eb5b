// What operators have to say to this person stays above the talk until it is taken note of.

import { post } from "./api.js";
import { on } from "./bus.js";
import { fetchPage } from "./refresh.js";
import { shownPath } from "./room.js";
import { toast } from "./toasts.js";

async function acknowledge(event) {
  const warning = event.target.closest?.(".warning");
  if (!warning) return;
  event.preventDefault();
  try {
    await post(warning.getAttribute("action"));
    warning.remove();
  } catch (error) {
    toast(error.message, { kind: "error" });
  }
}

/** Bring in what was written while this page is open. */
async function bring({ code, message }) {
  if (code !== "warning") return;
  const fresh = (await fetchPage(shownPath()))?.getElementById("warnings");
  if (fresh) document.getElementById("warnings").replaceChildren(...document.importNode(fresh, true).children);
  else toast(message, { sticky: true });
}

export function startWarnings() {
  document.addEventListener("submit", acknowledge);
  on("frame:notice", bring);
}
