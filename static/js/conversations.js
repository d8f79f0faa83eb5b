// Renaming and deleting, from the list and from the header. What changes comes back as a frame, in every tab.

import { post } from "./api.js";
import { emit } from "./bus.js";
import { askInPlace } from "./inplace.js";
import { navigate } from "./navigation.js";
import { phrase } from "./texts.js";
import { toast } from "./toasts.js";

/** Put a field in place of `element`, which shows the title `before`, until a new one is taken or dropped. */
export function renameInPlace(element, { conversation, before }) {
  askInPlace(element, "rename-template", before, (title) => title !== before && saveTitle(conversation, title));
}

async function saveTitle(conversation, title) {
  try {
    const saved = await post(`/c/${conversation}/rename/`, { title });
    emit("conversation:renamed", saved);
  } catch (error) {
    toast(error.message, { kind: "error" });
  }
}

export async function deleteConversation({ conversation, before: title }) {
  try {
    await post(`/c/${conversation}/delete/`);
  } catch (error) {
    toast(error.message, { kind: "error" });
    return;
  }
  const wasShown = document.getElementById("talk").dataset.conversation === conversation;
  emit("conversation:deleted", { conversation });
  const run = () => restoreConversation(conversation, wasShown);
  toast(phrase("list.deleted", { title: shorten(title) }), { action: { label: phrase("toast.undo"), run } });
}

function shorten(title) {
  const letters = [...title];
  return letters.length > 40 ? `${letters.slice(0, 40).join("")}…` : title;
}

async function restoreConversation(conversation, wasShown) {
  try {
    await post(`/c/${conversation}/restore/`);
    emit("conversation:restored", { conversation });
    if (wasShown) navigate(`/c/${conversation}/`);
  } catch (error) {
    toast(error.message, { kind: "error" });
  }
}
