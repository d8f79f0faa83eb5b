// What can be done to one message: copy, answer again, continue, report. And the dialogs that buttons open.

import { readAloud } from "./aloud.js";
import { on } from "./bus.js";
import { copyText } from "./clipboard.js";
import { startEditing } from "./editor.js";
import { currentModel } from "./models.js";
import { continueReply, regenerate, stop } from "./outbox.js";
import { rate } from "./rating.js";
import { openReport } from "./report.js";

const ACTIONS = {
  copy: (article, button) => copyText(article.querySelector(".message-source").value, button),
  edit: startEditing,
  regenerate: (article) => regenerate({ reply: article.dataset.message, model: currentModel() }),
  continue: (article) => continueReply(article.dataset.message),
  aloud: readAloud,
  rate,
  report: openReport,
  "stop-one": (article) => stop(article.dataset.message),
};

export function startActions() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-action]");
    const article = button?.closest(".message");
    if (article?.dataset.message) ACTIONS[button.dataset.action]?.(article, button);
    if (button?.dataset.action === "connect") document.getElementById("connect").showModal();
  });

  on("models:asked-again", regenerate);

  // A click beside a dialog closes it.
  document.addEventListener("click", (event) => event.target.matches?.("dialog.dialog") && event.target.close());
}
