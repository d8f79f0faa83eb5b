// What a person thinks of an answer: good or not, and perhaps why. Pressed again, it is taken back.

import { post } from "./api.js";
import { phrase } from "./texts.js";
import { toast } from "./toasts.js";

/** Rate an answer as the button says; then there is room to say why. */
export function rate(article, button) {
  const wasPressed = button.ariaPressed === "true";
  closeReasons(article);
  return save(article, wasPressed ? "" : button.dataset.rating, "", !wasPressed);
}

async function save(article, rating, reason, asksWhy) {
  const before = read(article);
  show(article, rating, reason);
  if (asksWhy) askWhy(article, rating);
  try {
    await post(`/replies/${article.dataset.message}/rate/`, { rating, reason });
  } catch (error) {
    show(article, before.rating, before.reason);
    closeReasons(article);
    toast(error.message, { kind: "error" });
  }
}

function read(article) {
  const pressed = article.querySelector('.rate[aria-pressed="true"]');
  return { rating: pressed?.dataset.rating ?? "", reason: article.dataset.reason ?? "" };
}

function show(article, rating, reason) {
  article.querySelectorAll(".rate").forEach((button) => (button.ariaPressed = String(button.dataset.rating === rating)));
  article.dataset.reason = reason;
  for (const button of article.querySelectorAll(".rating-reason")) button.ariaPressed = String(button.dataset.reason === reason);
}

function askWhy(article, rating) {
  document.querySelectorAll(".message > .rating").forEach((row) => row.remove());
  const row = document.getElementById("rating-template").content.firstElementChild.cloneNode(true);
  for (const button of row.querySelectorAll(".rating-reason")) button.hidden = button.dataset.for !== rating;
  article.querySelector(":scope > .message-actions").after(row);
  row.scrollIntoView({ block: "nearest" });
}

function closeReasons(article) {
  article.querySelector(":scope > .rating")?.remove();
}

function clicked(event) {
  const row = event.target.closest?.(".rating");
  const article = row?.closest(".message");
  if (!article) return;
  if (event.target.closest('[data-action="close-rating"]')) return close(article);
  const chip = event.target.closest(".rating-reason");
  if (!chip) return;
  const isTakenBack = chip.ariaPressed === "true";
  save(article, chip.dataset.for, isTakenBack ? "" : chip.dataset.reason, false);
  if (isTakenBack) return;
  toast(phrase("rating.thanks"));
  close(article);
}

function close(article) {
  closeReasons(article);
  article.querySelector('.rate[aria-pressed="true"]')?.focus({ preventScroll: true });
}

export function startRating() {
  document.addEventListener("click", clicked);
}
