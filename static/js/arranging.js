// Pinning, archiving and filing a conversation from its row's menu. What changes comes back as a frame, in every tab.

import { post } from "./api.js";
import { isPinned } from "./list.js";
import { invokerOf } from "./menus.js";
import { phrase } from "./texts.js";
import { toast } from "./toasts.js";

const SAID = { archive: "list.archived", move: "list.moved" };
const UNDO = { archive: "unarchive", move: "move" };

async function arrange(conversation, action, fields = {}) {
  try {
    await post("/library/arrange/", { conversation, action, ...fields });
    return true;
  } catch (error) {
    toast(error.message, { kind: "error" });
    return false;
  }
}

async function act(row, { arrange: action, folder = "" }) {
  const { conversation } = row.dataset;
  if (action === "pin") return arrange(conversation, isPinned(row) ? "unpin" : "pin");
  if (!(await arrange(conversation, action, { folder }))) return;
  toast(phrase(SAID[action]), { action: { label: phrase("toast.undo"), run: () => arrange(conversation, UNDO[action]) } });
}

export function startArranging() {
  const menu = document.getElementById("row-menu");
  const row = () => invokerOf(menu)?.closest(".row");
  menu.addEventListener("beforetoggle", () => {
    if (row()) menu.querySelector(".menu-pin").textContent = phrase(isPinned(row()) ? "list.unpin" : "list.pin");
  });
  menu.addEventListener("click", (event) => {
    const button = event.target.closest("[data-arrange]");
    if (button && row()) act(row(), button.dataset);
  });
}
