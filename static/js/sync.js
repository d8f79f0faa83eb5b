// Asks for snapshots: when something was missed, and when a running reply has gone quiet. At most one a second a reply.

import { send } from "./socket.js";

const AT_MOST_EVERY = 1000;
const QUIET_FOR = 15_000;
const STOPPED_WITHIN = 3000;
const LOOK_EVERY = 3000;

const asked = new Map();
const heard = new Map();

/** Watch over the running replies; `running` gives their ids. */
export function watchReplies(running) {
  setInterval(() => running().forEach(askWhenQuiet), LOOK_EVERY);
}

export function hear(reply) {
  heard.set(reply, Date.now());
}

/** Ask for a snapshot now, or as soon as a second has passed since the last time. */
export function requestSync(reply) {
  const now = Date.now();
  const last = asked.get(reply) ?? 0;
  if (last > now) return;
  const due = Math.max(now, last + AT_MOST_EVERY);
  asked.set(reply, due);
  setTimeout(send, due - now, { type: "reply.sync", reply });
}

/** A reply that was told to stop should say so soon. */
export function expectEnd(reply, isRunning) {
  setTimeout(() => isRunning(reply) && requestSync(reply), STOPPED_WITHIN);
}

function askWhenQuiet(reply) {
  if (!heard.has(reply)) hear(reply);
  if (Date.now() - heard.get(reply) < QUIET_FOR) return;
  hear(reply);
  requestSync(reply);
}
