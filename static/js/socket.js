// The one socket of this tab: it connects, notices when the line is dead, and comes back by itself.
//
// Every frame is announced on the bus as "frame:<type>", every change of the line as "connection" {state}:
// "connecting", "online", "offline", "crowded", "signed-out" or "reload".

import { reconnectDelay, spread } from "./backoff.js";
import { emit } from "./bus.js";

/** The code of what is over a limit. */
export const RATE_LIMITED = "rate_limited";

const PROTOCOL = 1;
const SESSION_CHECK = "/models/";
const STABLE_AFTER = 10;
const PING_EVERY = 25;
const PONG_WITHIN = 10;
const PROBE_WITHIN = 3;
const HELLO_WITHIN = 15;
const GOING_AWAY = 1001;
const SERVICE_RESTART = 1012;
const SIGNED_OUT = 4401;
const TOO_MANY_SOCKETS = 4429;
const PLACE_AFTER = 2;
const PLACE_AFTER_AT_MOST = 30;

let page = null;
let socket = null;
let state = "offline";
let failures = 0;
let timers = {};

/** Connect, and stay connected; `config` is the page's: {socket, build, user}. */
export function connect(config) {
  page = config;
  addEventListener("online", hasten);
  addEventListener("offline", () => probe(PROBE_WITHIN));
  addEventListener("pageshow", (event) => event.persisted && hasten());
  document.addEventListener("visibilitychange", () => document.hidden || hasten());
  open();
}

/** Send a command if the line is up; tells whether it went out. */
export function send(command) {
  if (state !== "online" || socket?.readyState !== WebSocket.OPEN) return false;
  socket.send(JSON.stringify(command));
  return true;
}

function open() {
  if (socket) return;
  clearTimers();
  change("connecting");
  const url = new URL(page.socket, location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  const opened = new WebSocket(url);
  socket = opened;
  opened.onmessage = (event) => socket === opened && receive(JSON.parse(event.data));
  opened.onclose = (event) => socket === opened && closed(event.code);
  after("silence", HELLO_WITHIN, drop);
}

function receive(frame) {
  clearTimeout(timers.silence);
  if (frame.type === "hello") return greeted(frame);
  emit(`frame:${frame.type}`, frame);
}

function greeted(hello) {
  if (hello.protocol !== PROTOCOL || hello.user !== page.user) return leave("reload");
  after("stable", STABLE_AFTER, () => (failures = 0));
  timers.ping = setInterval(() => probe(PONG_WITHIN), PING_EVERY * 1000);
  change("online");
  emit("frame:hello", hello);
  if (hello.build !== page.build) emit("connection", { state: "reload" });
}

/** Ask for a sign of life; without one the line is dead, whatever the browser believes. */
function probe(seconds) {
  if (!send({ type: "ping" })) return;
  after("silence", seconds, drop);
}

function drop() {
  const dead = socket;
  dead.onmessage = dead.onclose = null;
  dead.close();
  closed(0);
}

function closed(code) {
  const greeted = state === "online";
  socket = null;
  clearTimers();
  change("offline");
  if (code === SIGNED_OUT) return checkSession();
  if (code === TOO_MANY_SOCKETS) return waitForPlace();
  if (greeted && (code === GOING_AWAY || code === SERVICE_RESTART)) return reconnectIn(spread(1));
  failures += 1;
  // A refused handshake looks like a lost network, so now and then the server is asked over HTTP.
  if (!greeted && failures % 3 === 2) return checkSession();
  reconnectIn(reconnectDelay(failures - 1));
}

function reconnectIn(seconds) {
  after("reconnect", seconds, open);
}

/** Another tab or device has to go first; soon, where it is only the dead line of this one. */
function waitForPlace() {
  change("crowded");
  reconnectIn(Math.min(PLACE_AFTER_AT_MOST, PLACE_AFTER * 2 ** failures) + spread(PLACE_AFTER));
  failures += 1;
}

/** Try now: somebody came back to this tab, or asks for it. */
export function hasten() {
  if (state === "online") probe(PROBE_WITHIN);
  else if (state === "signed-out") checkSession();
  else if (state === "offline" || state === "crowded") reconnectIn(reconnectDelay(0));
}

async function checkSession() {
  const answer = await fetch(SESSION_CHECK, { redirect: "manual", cache: "no-store" }).catch(() => null);
  if (socket) return;
  const refused = answer?.type === "opaqueredirect" || answer?.status === 401 || answer?.status === 403;
  if (refused) return leave("signed-out");
  reconnectIn(reconnectDelay(failures));
}

/** Stay away from the server: only the person can go on from here. */
function leave(reason) {
  clearTimers();
  if (socket) {
    socket.onclose = null;
    socket.close();
    socket = null;
  }
  change(reason);
}

function change(to) {
  if (state === to) return;
  state = to;
  emit("connection", { state: to });
}

function after(name, seconds, act) {
  clearTimeout(timers[name]);
  timers[name] = setTimeout(act, seconds * 1000);
}

function clearTimers() {
  Object.values(timers).forEach(clearTimeout);
  timers = {};
}
