// What can be done to a message from its menu: a fork from here, or taking it away with all that follows.

import { post } from "./api.js";
import { invokerOf } from "./menus.js";
import { navigate } from "./navigation.js";
import { refresh } from "./refresh.js";
import { phrase } from "./texts.js";
import { toast } from "./toasts.js";

async function attempt(act) {
  try {
    await act();
  } catch (error) {
    toast(error.message, { kind: "error" });
  }
}

async function fork(message) {
  const { conversation } = await post(`/messages/${message}/fork/`);
  await navigate(`/c/${conversation}/`);
  toast(phrase("answer.forked"));
}

async function remove(message) {
  await post(`/messages/${message}/delete/`);
  await refresh();
  const run = () => attempt(() => restore(message));
  toast(phrase("answer.deleted"), { action: { label: phrase("toast.undo"), run } });
}

async function restore(message) {
  await post(`/messages/${message}/restore/`);
  await refresh();
}

const ACTIONS = { fork, "delete-message": remove };

export function startPruning() {
  document.getElementById("message-menu").addEventListener("click", (event) => {
    const act = ACTIONS[event.target.closest("[data-action]")?.dataset.action];
    const article = invokerOf(event.currentTarget)?.closest(".message");
    if (act && article) attempt(() => act(article.dataset.message));
  });
}
