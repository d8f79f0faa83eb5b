// What a person wants said goes out once: it waits here until the server has it, across lost lines and reloads.
//
// Announces "outbox:waiting" (entry), "outbox:accepted" {client_id, conversation, message, reply, frame, tries} and
// "outbox:refused" {client_id, text, message, code, retry_after, frame}.

import { emit, on } from "./bus.js";
import { newId } from "./ids.js";
import { isOnline, send } from "./socket.js";
import { forget, getEntry, keep, openStore, ownEntries } from "./waiting.js";

const RETRY_AFTER = 2;
const UNAVAILABLE = "unavailable";

const tries = new Map();
const stops = new Set();

export function startOutbox(config) {
  openStore(config.user, (adopted) => adopted.forEach(post));
  on("frame:hello", sendAll);
  on("frame:message.accepted", accepted);
  on("frame:error", refused);
  on("frame:reply.finished", ({ reply }) => stops.delete(reply));
}

export function ask({ conversation, parent, text, model }) {
  submit({
    type: "message.send",
    conversation: conversation || null,
    parent: parent || null,
    text,
    model,
    attachments: [],
  });
}

export function edit({ message, text, model }) {
  submit({ type: "message.edit", message, text, model });
}

export function regenerate({ reply, model }) {
  submit({ type: "reply.regenerate", reply, model });
}

export function continueReply(reply) {
  submit({ type: "reply.continue", reply });
}

/** Stop a reply now, or as soon as the line is back. */
export function stop(reply) {
  if (!send({ type: "reply.stop", reply })) stops.add(reply);
  emit("outbox:stopping", { reply });
}

function submit(command) {
  const entry = keep({ ...command, client_id: newId() });
  emit("outbox:waiting", entry);
  post(entry);
}

function post(entry) {
  if (!isOnline()) return;
  tries.set(entry.client_id, (tries.get(entry.client_id) ?? 0) + 1);
  send(entry.frame);
}

function sendAll() {
  ownEntries().forEach(post);
  stops.forEach((reply) => send({ type: "reply.stop", reply }));
}

function accepted(frame) {
  const entry = getEntry(frame.client_id);
  if (!entry) return;
  forget(frame.client_id);
  const { client_id, conversation, message, reply } = frame;
  const tried = tries.get(client_id) ?? 1;
  tries.delete(client_id);
  emit("outbox:accepted", { client_id, conversation, message, reply, frame: entry.frame, tries: tried });
}

function refused({ client_id, code, message, retry_after }) {
  const entry = client_id && getEntry(client_id);
  if (!entry) return;
  if (code === UNAVAILABLE) {
    setTimeout(() => getEntry(client_id) && post(entry), (retry_after ?? RETRY_AFTER) * 1000);
    return;
  }
  forget(client_id);
  tries.delete(client_id);
  emit("outbox:refused", { client_id, text: entry.frame.text, message, code, retry_after, frame: entry.frame });
}
