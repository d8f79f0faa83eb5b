// Editing one's own question in its place. Sending asks anew; what followed stays stored on its own branch.

import { on } from "./bus.js";
import { focusComposer, isSendKey } from "./composer.js";
import { grow } from "./grow.js";
import { tellLength } from "./length.js";
import { currentModel } from "./models.js";
import { edit } from "./outbox.js";

/** Open the editor of a question; `text` are words that were refused before. */
export function startEditing(article, _button, text = article.querySelector(".message-source").value) {
  if (article.classList.contains("is-edited")) return;
  const form = document.getElementById("editor-template").content.firstElementChild.cloneNode(true);
  const field = form.querySelector(".editor-text");
  field.value = text;
  article.classList.add("is-edited");
  article.append(form);
  wire(article, form, field);
  grow(field);
  field.focus();
  field.setSelectionRange(text.length, text.length);
}

function wire(article, form, field) {
  const note = form.querySelector(".composer-note");
  const close = () => {
    form.remove();
    article.classList.remove("is-edited");
    article.querySelector('[data-action="edit"]').focus();
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const words = field.value;
    if (!words.trim() || tellLength(words, note)) return;
    close();
    if (words !== article.querySelector(".message-source").value) send(article, words);
  });
  form.querySelector('[data-action="cancel-edit"]').addEventListener("click", close);
  field.addEventListener("input", () => {
    grow(field);
    tellLength(field.value, note);
  });
  field.addEventListener("keydown", (event) => {
    if (isSendKey(event)) form.requestSubmit();
    else if (event.key === "Escape" && !event.isComposing) close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
}

function send(article, text) {
  edit({ message: article.dataset.message, text, model: currentModel() });
  focusComposer();
}

/** Edit the newest question. */
export function editLast() {
  const questions = document.querySelectorAll('#transcript .message[data-role="user"]:not([data-client])');
  const last = questions[questions.length - 1];
  if (last) startEditing(last);
  return Boolean(last);
}

export function startEditor() {
  on("outbox:refused", ({ frame, text }) => frame.type === "message.edit" && reopen(frame.message, text));
}

/** The words of a refused edit come back once the page shows the question again. */
function reopen(message, text) {
  const end = on("transcript:refreshed", () => {
    end();
    const article = document.getElementById(`m-${message}`);
    if (article) startEditing(article, null, text);
  });
}
