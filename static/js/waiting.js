// What this person sent and the server has not answered yet, kept across reloads and shared by the tabs.
//
// An entry is {client_id, frame, created_at, tab}. One storage key an entry, so that two tabs never overwrite each
// other. Each tab sends its own; when a tab is gone, another one adopts what it left behind. Should two tabs send the same
// entry after all, the server takes it once, because the client_id is the same.

import { newId } from "./ids.js";

const ANSWER_WITHIN = 1500;
const RELOADED_WITHIN = 5000;

let prefix = "outbox:";
let onAdopted = () => {};
const tab = tabId();
const channel = typeof BroadcastChannel === "function" ? new BroadcastChannel("outbox") : null;
const entries = new Map();

/** Read what waits for this person; `adopted` is called with what closed tabs left to us. */
export function openStore(user, adopted) {
  prefix = `outbox:${user}:`;
  onAdopted = adopted;
  stored().filter((entry) => entry.tab === tab).forEach(own);
  channel?.addEventListener("message", ({ data }) => {
    if (data.ask === tab) channel.postMessage({ alive: tab });
    if (data.left) setTimeout(adoptOrphans, RELOADED_WITHIN);
  });
  addEventListener("pagehide", () => channel?.postMessage({ left: tab }));
  adoptOrphans();
}

/** The entries this tab has to send, oldest first. */
export function ownEntries() {
  return [...entries.values()].sort((one, other) => one.created_at - other.created_at);
}

export function getEntry(clientId) {
  return entries.get(clientId);
}

export function keep(frame) {
  const entry = { client_id: frame.client_id, frame, created_at: Date.now(), tab };
  entries.set(entry.client_id, entry);
  write(entry);
  return entry;
}

export function forget(clientId) {
  entries.delete(clientId);
  inStorage((storage) => storage.removeItem(prefix + clientId));
}

/** Ask every other tab that owns something for a sign of life, and take over from those that stay silent. */
export function adoptOrphans() {
  const silent = new Set(stored().map((entry) => entry.tab));
  silent.delete(tab);
  if (!silent.size) return;
  const hear = ({ data }) => silent.delete(data.alive);
  channel?.addEventListener("message", hear);
  silent.forEach((other) => channel?.postMessage({ ask: other }));
  setTimeout(() => {
    channel?.removeEventListener("message", hear);
    adopt(stored().filter((entry) => silent.has(entry.tab)));
  }, ANSWER_WITHIN);
}

function adopt(orphans) {
  for (const entry of orphans) {
    entry.tab = tab;
    own(entry);
    write(entry);
  }
  if (orphans.length) onAdopted(orphans);
}

function own(entry) {
  entries.set(entry.client_id, entry);
}

function stored() {
  return (
    inStorage((storage) =>
      Object.keys(storage)
        .filter((key) => key.startsWith(prefix))
        .map((key) => JSON.parse(storage.getItem(key))),
    ) ?? []
  );
}

function write(entry) {
  inStorage((storage) => storage.setItem(prefix + entry.client_id, JSON.stringify(entry)));
}

/** Storage can be closed to us or full; then what waits lives as long as this page. */
function inStorage(act) {
  try {
    return act(localStorage);
  } catch {
    return null;
  }
}

/** The same across reloads of this tab. */
function tabId() {
  try {
    sessionStorage.tab ??= newId();
    return sessionStorage.tab;
  } catch {
    return newId();
  }
}
