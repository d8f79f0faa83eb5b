// Keeping one of several answers; which they are, stands in columns.js.

import { post } from "./api.js";
import { focusComposer } from "./composer.js";
import { chooseModel } from "./models.js";
import { refresh } from "./refresh.js";
import { toast } from "./toasts.js";

async function keep(article) {
  try {
    const { model } = await post(`/messages/${article.dataset.message}/keep/`);
    chooseModel(model);
  } catch (error) {
    return toast(error.message, { kind: "error" });
  }
  await refresh();
  focusComposer();
}

export function startComparison() {
  document.addEventListener("submit", (event) => {
    if (!event.target.matches(".message-keep")) return;
    event.preventDefault();
    keep(event.target.closest(".message"));
  });
}
