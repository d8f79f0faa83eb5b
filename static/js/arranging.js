// Pinning, archiving, filing and tagging a conversation from its row's menu. What changes comes back as a frame, in every tab.

import { post } from "./api.js";
import { emit } from "./bus.js";
import { askInPlace } from "./inplace.js";
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

/** Do what a menu's entry, or a place where the row was dropped, stands for. */
export async function act(row, { arrange: action, folder = "" }) {
  const { conversation } = row.dataset;
  if (action === "pin") return arrange(conversation, isPinned(row) ? "unpin" : "pin");
  if (!(await arrange(conversation, action, { folder }))) return;
  toast(phrase(SAID[action]), { action: { label: phrase("toast.undo"), run: () => arrange(conversation, UNDO[action]) } });
}

async function addTag(conversation, tag) {
  if (!(await arrange(conversation, "tag", { tag }))) return;
  emit("list:outdated");
  const run = async () => (await arrange(conversation, "untag", { tag })) && emit("list:outdated");
  toast(phrase("list.tagged", { tag }), { action: { label: phrase("toast.undo"), run } });
}

function askTag(row) {
  askInPlace(row.querySelector(".row-link"), "tag-template", "", (tag) => addTag(row.dataset.conversation, tag));
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
    if (event.target.closest('[data-action="tag"]') && row()) askTag(row());
  });
}
