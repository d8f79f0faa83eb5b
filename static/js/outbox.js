// What a person wants said goes out once: it waits here until the server has it, across lost lines and reloads.
//
// Announces "outbox:waiting" (entry), "outbox:accepted" {client_id, conversation, message, reply, frame},
// "outbox:refused" {client_id, text, message, code, retry_after, frame} and "outbox:stopping" {reply}.

import { emit, on } from "./bus.js";
import { newId } from "./ids.js";
import { send } from "./socket.js";
import { adoptOrphans, forget, getEntry, keep, openStore, ownEntries } from "./waiting.js";

const RETRY_AFTER = 2;
const UNAVAILABLE = "unavailable";

/** Replies that were told to stop and have not said yet that they did. */
const stops = new Set();

export function startOutbox(config) {
  openStore(config.user, adopted);
  on("frame:hello", sendAll);
  on("frame:hello", adoptOrphans);
  on("frame:message.accepted", accepted);
  on("frame:error", refused);
  on("frame:reply.finished", ({ reply }) => stops.delete(reply));
}

export function ask({ conversation, folder, queue, temporary, parent, text, model, models, attachments = [] }) {
  submit({
    type: "message.send",
    conversation: conversation || null,
    parent: parent || null,
    text,
    model,
    attachments,
    folder: folder || undefined,
    queue: queue || undefined,
    temporary: temporary || undefined,
    models: models?.length ? models : undefined,
  });
}

export function edit({ message, text, model }) {
  submit({ type: "message.edit", message, text, model });
}

export function regenerate({ reply, model }) {
  if (!isAskedAbout(reply)) submit({ type: "reply.regenerate", reply, model });
}

export function continueReply(reply) {
  if (!isAskedAbout(reply)) submit({ type: "reply.continue", reply });
}

/** A second click changes nothing. */
function isAskedAbout(reply) {
  return ownEntries().some(({ frame }) => frame.reply === reply);
}

/** Stop a reply now, or as soon as the line is back. */
export function stop(reply) {
  stops.add(reply);
  send({ type: "reply.stop", reply });
  emit("outbox:stopping", { reply });
}

function submit(command) {
  const entry = keep({ ...command, client_id: newId() });
  emit("outbox:waiting", entry);
  post(entry);
}

function post(entry) {
  send(entry.frame);
}

function sendAll() {
  ownEntries().forEach(post);
  stops.forEach((reply) => send({ type: "reply.stop", reply }));
  stops.clear();
}

function adopted(entries) {
  entries.forEach((entry) => emit("outbox:waiting", entry));
  sendAll();
}

function accepted(frame) {
  const entry = getEntry(frame.client_id);
  if (!entry) return;
  forget(frame.client_id);
  const { client_id, conversation, message, reply } = frame;
  emit("outbox:accepted", { client_id, conversation, message, reply, frame: entry.frame });
}

function refused({ client_id, code, message, retry_after }) {
  const entry = client_id && getEntry(client_id);
  if (!entry) return;
  if (code === UNAVAILABLE) {
    setTimeout(() => getEntry(client_id) && post(entry), (retry_after ?? RETRY_AFTER) * 1000);
    return;
  }
  forget(client_id);
  emit("outbox:refused", { client_id, text: entry.frame.text, message, code, retry_after, frame: entry.frame });
}
