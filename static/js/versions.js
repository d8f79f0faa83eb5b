// Walking between the siblings of a message: the other wordings of a question, the other answers to it.

import { post } from "./api.js";
import { on } from "./bus.js";
import { findArticle, listArticles } from "./articles.js";
import { listCompared } from "./columns.js";
import { refresh } from "./refresh.js";
import { isShown } from "./room.js";
import { getSiblings } from "./siblings.js";
import { toast } from "./toasts.js";

async function walk(form, button) {
  const article = form.closest(".message");
  const isLater = button.classList.contains("version-later");
  const ids = getSiblings(article);
  const wanted = ids[ids.indexOf(article.dataset.message) + (isLater ? 1 : -1)];
  try {
    await post(`/messages/${wanted}/show/`);
  } catch (error) {
    return toast(error.message, { kind: "error" });
  }
  await refresh(wanted);
  findArticle(wanted)?.querySelector(`.version-${isLater ? "later" : "earlier"}:enabled, .message-versions button:enabled`)?.focus();
}

/** Another branch is on show, here or in another tab; what this page has already needs no look. */
function changed({ conversation, leaf, compared }) {
  if (!isShown(conversation)) return;
  const columns = listCompared();
  const tips = columns.length ? columns : [listArticles().findLast((article) => !article.dataset.client)];
  const shown = tips.map((article) => article?.dataset.message ?? null);
  if (String(shown) !== String(compared.length ? compared : [leaf])) refresh();
}

export function startVersions() {
  document.addEventListener("submit", (event) => {
    if (!event.target.matches(".message-versions")) return;
    event.preventDefault();
    walk(event.target, event.submitter);
  });
  on("frame:branch.changed", changed);
}
