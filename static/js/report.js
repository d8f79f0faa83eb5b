// Telling the operators that an answer is not as it should be.

import { post } from "./api.js";
import { phrase } from "./texts.js";
import { toast } from "./toasts.js";

let reported = null;

function find(id) {
  return document.getElementById(id);
}

/** Ask why, in a dialog; nobody has to say it. */
export function openReport(article) {
  reported = article.dataset.message;
  find("report-form").reset();
  say("");
  find("report").showModal();
}

function say(sentence) {
  find("report-error").textContent = sentence;
  find("report-error").hidden = !sentence;
}

async function send(event) {
  event.preventDefault();
  const button = event.submitter;
  const fields = new FormData(event.target);
  if (button) button.disabled = true;
  try {
    await post(`/replies/${reported}/report/`, fields);
    find("report").close();
    toast(phrase("answer.reported"));
  } catch (error) {
    say(error.message);
  } finally {
    if (button) button.disabled = false;
  }
}

export function startReport() {
  find("report-form").addEventListener("submit", send);
  find("report").addEventListener("click", (event) => {
    if (event.target.closest('[data-action="cancel-report"]')) find("report").close();
  });
}
