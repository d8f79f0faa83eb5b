// What is known of one reply, as its frames tell it. Pure: no document, no clock, no socket.
//
// A reply is {id, status, text, count, closed, upto}: `count` blocks are rendered and stand for the text up to `upto`;
// what follows is plain. The first `closed` blocks stay as they are, those after them are still being written. Offsets count UTF-16 code units, as JavaScript does. `apply` gives the next state and what has
// to happen because of it:
//   {kind: "blocks", index, blocks}  the rendered blocks from index on are these
//   {kind: "tail"}                   the plain text after the blocks is another
//   {kind: "status"}                 it runs, or it ended
//   {kind: "whole", html}            the whole rendered answer
//   {kind: "sync"}                   something was missed: ask for a snapshot

export const STREAMING = "streaming";
const BLOCKED = "blocked";

export function newReply(id, known = {}) {
  return { id, status: STREAMING, text: "", count: 0, closed: known.count ?? 0, upto: 0, ...known };
}

export function isRunning(state) {
  return state.status === STREAMING;
}

/** Tells whether the last block on show is still being written. */
export function isGrowing(state) {
  return isRunning(state) && state.count > state.closed;
}

/** The text after the rendered blocks; where it goes on in a block, with the white space that rendering took away. */
export function tailOf(state) {
  let start = state.upto;
  if (isGrowing(state)) while (start > 0 && /\s/.test(state.text[start - 1])) start -= 1;
  return state.text.slice(start);
}

export function apply(state, frame) {
  const rule = RULES[frame.type];
  return rule ? rule(state, frame) : unchanged(state);
}

const RULES = {
  "reply.started": started,
  "reply.delta": delta,
  "reply.html": html,
  "reply.snapshot": snapshot,
  "reply.finished": finished,
};

function unchanged(state, ...effects) {
  return { state, effects };
}

function changed(state, changes, ...effects) {
  return { state: { ...state, ...changes }, effects };
}

function started(state) {
  if (isRunning(state)) return unchanged(state);
  return changed(state, { status: STREAMING }, { kind: "status" });
}

function delta(state, { offset, text }) {
  if (offset + text.length <= state.text.length) return unchanged(state);
  if (!isRunning(state) || offset > state.text.length) return unchanged(state, { kind: "sync" });
  return changed(state, { text: state.text.slice(0, offset) + text }, { kind: "tail" });
}

function html(state, { index, blocks, closed: sure, upto }) {
  const count = index + blocks.length;
  const closed = index + sure;
  const known = upto < state.upto || (upto === state.upto && closed <= state.closed && count === state.count);
  if (!isRunning(state) || known) return unchanged(state);
  if (index > state.closed) return unchanged(state, { kind: "sync" });
  return changed(state, { count, closed, upto }, { kind: "blocks", index, blocks }, { kind: "tail" });
}

function snapshot(state, frame) {
  if (frame.status !== STREAMING) return ended(state, frame);
  if (!isRunning(state) && isStale(state, frame)) return unchanged(state);
  const effects = isRunning(state) ? [] : [{ kind: "status" }];
  const next = { ...state, status: STREAMING, text: longer(state.text, frame.text) };
  if (frame.upto > state.upto || frame.blocks.length > state.closed) {
    next.count = next.closed = frame.blocks.length;
    next.upto = frame.upto;
    effects.push({ kind: "blocks", index: 0, blocks: frame.blocks });
  }
  return { state: next, effects: [...effects, { kind: "tail" }] };
}

/** Taken before the reply ended, delivered after: it says nothing new. */
function isStale(state, frame) {
  return state.status === BLOCKED || frame.text.length <= state.text.length;
}

/** A saved text is a beginning of the true one, so what is known beyond it still holds. */
function longer(known, saved) {
  return saved + known.slice(saved.length);
}

function ended(state, { status, text, blocks, upto }) {
  if (state.status === status && state.text === text) return unchanged(state);
  return changed(
    state,
    { status, text, upto, count: blocks.length, closed: blocks.length },
    { kind: "blocks", index: 0, blocks },
    { kind: "tail" },
    { kind: "status" },
  );
}

function finished(state, frame) {
  const { status, text } = frame;
  return changed(state, { status, text, upto: text.length }, { kind: "whole", html: frame.html }, { kind: "status" });
}
