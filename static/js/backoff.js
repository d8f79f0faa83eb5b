// How long to wait before the next attempt to connect, in seconds.

const FIRST = 0.5;
const LONGEST = 30;
const SHORTEST = 0.1;

/** Full jitter: when a server returns, its people do not return all at once. */
export function reconnectDelay(failures) {
  return spread(Math.min(LONGEST, FIRST * 2 ** failures));
}

export function spread(seconds) {
  return Math.max(SHORTEST, Math.random() * seconds);
}
