// What waits for its turn, above the composer. The server keeps it; what it has not answered yet stands at the end.

import { post } from "./api.js";
import { on } from "./bus.js";
import { putText } from "./composer.js";
import { grow } from "./grow.js";
import { isShown, shownConversation } from "./room.js";
import { phrase } from "./texts.js";
import { toast } from "./toasts.js";
import { forget, getEntry, ownEntries } from "./waiting.js";

/** The items of the server, as the last frame told them, or null where the page is newer. */
let known = null;

function list() {
  return document.getElementById("queue");
}

function makeItem({ id, text, held, problem }) {
  const item = document.getElementById("queued-template").content.firstElementChild.cloneNode(true);
  item.dataset.queued = id ?? "";
  item.classList.toggle("is-held", held);
  item.querySelector(".queued-text").textContent = text;
  item.querySelector(".queued-send").hidden = !held;
  item.querySelector(".queued-problem").textContent = problem;
  item.querySelector(".queued-problem").hidden = !problem;
  item.querySelector(".queued-ways").hidden = !id;
  return item;
}

/** Draw anew; what somebody is at work on stays. */
function draw() {
  const edited = list().querySelector(".queued:has(.editor)");
  const told = new Set(known?.map(({ client_id: clientId }) => clientId));
  const own = ownEntries().filter(({ client_id: clientId }) => !told.has(clientId));
  const unanswered = own.filter(({ frame }) => frame.queue && isShown(frame.conversation));
  const items = (known ?? readItems()).map((one) => (edited?.dataset.queued === one.id ? edited : makeItem(one)));
  const rest = unanswered.map(({ frame }) => makeItem({ text: frame.text, held: false, problem: "" }));
  if (edited && !items.includes(edited)) putBack(edited);
  list().replaceChildren(...items, ...rest);
  list().hidden = !list().children.length;
}

/** A message went out, or was withdrawn elsewhere, while somebody still changed it: their words are kept. */
function putBack(edited) {
  const words = edited.querySelector(".editor-text").value;
  if (words.trim() && words !== edited.querySelector(".queued-text").textContent) putText(words);
}

function readItems() {
  return [...list().querySelectorAll('.queued:not([data-queued=""])')].map((item) => ({
    id: item.dataset.queued,
    text: item.querySelector(".queued-text").textContent,
    held: item.classList.contains("is-held"),
    problem: item.querySelector(".queued-problem").textContent,
  }));
}

function changed({ conversation, waiting }) {
  if (!isShown(conversation)) return;
  known = waiting;
  draw();
}

function taken({ client_id: clientId }) {
  if (getEntry(clientId)) forget(clientId);
  draw();
}

/** A page that was fetched knows what waits now, where frames were missed. */
function fetched(page) {
  const fresh = page.getElementById("queue");
  if (page.getElementById("talk")?.dataset.conversation !== shownConversation() || !fresh) return;
  if (list().querySelector(".editor")) return;
  known = null;
  list().replaceChildren(...document.importNode(fresh, true).children);
  draw();
}

async function act(item, action, fields = {}) {
  try {
    return await post(`/queued/${item.dataset.queued}/${action}/`, fields);
  } catch (error) {
    toast(error.message, { kind: "error" });
    return null;
  }
}

function edit(item) {
  const form = document.getElementById("editor-template").content.firstElementChild.cloneNode(true);
  const field = form.querySelector(".editor-text");
  field.value = item.querySelector(".queued-text").textContent;
  form.querySelector('[type="submit"]').textContent = phrase("queue.save");
  item.append(form);
  item.classList.add("is-edited");
  const close = () => {
    form.remove();
    item.classList.remove("is-edited");
    draw();
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (await act(item, "edit", { text: field.value })) close();
  });
  form.querySelector('[data-action="cancel-edit"]').addEventListener("click", close);
  field.addEventListener("input", () => grow(field));
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    event.stopPropagation();
    close();
  });
  grow(field);
  field.focus();
}

export function startQueue() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(".queued [data-act]");
    if (!button) return;
    event.preventDefault();
    const item = button.closest(".queued");
    if (button.dataset.act === "edit") edit(item);
    else act(item, button.dataset.act);
  });
  on("frame:queue.changed", changed);
  on("frame:message.queued", taken);
  on("page:fetched", fetched);
  on("outbox:waiting", ({ frame }) => frame.queue && draw());
  on("outbox:accepted", ({ frame }) => frame.queue && draw());
  on("outbox:refused", ({ frame }) => frame.queue && draw());
  on("talk:changed", () => {
    known = null;
    draw();
  });
  draw();
}
