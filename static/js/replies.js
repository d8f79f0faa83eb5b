// What is known of one reply, as its frames tell it. Pure: no document, no clock, no socket.
//
// A reply is {id, status, text, count, closed, upto, reasoning, thinks, seconds}: `count` blocks are rendered and stand for
// the text up to `upto`; what follows is plain. The first `closed` blocks stay as they are, those after them are still being
// written. `reasoning` is what the model thought, which it does while it `thinks`; `seconds` say for how long, in the end.
// Offsets count UTF-16 code units, as JavaScript does. `apply` gives the next state and what has to happen because of it:
//   {kind: "blocks", index, blocks}  the rendered blocks from index on are these
//   {kind: "tail"}                   the plain text after the blocks is another
//   {kind: "thinking"}               it thought more, or thinks no longer
//   {kind: "status"}                 it runs, or it ended
//   {kind: "whole", html}            the whole rendered answer
//   {kind: "sync"}                   something was missed: ask for a snapshot

export const STREAMING = "streaming";
const BLOCKED = "blocked";

const THINKING = { kind: "thinking" };

export function newReply(id, known = {}) {
  const nothing = { status: STREAMING, text: "", count: 0, upto: 0, reasoning: "", thinks: false, seconds: null };
  return { id, ...nothing, closed: known.count ?? 0, ...known };
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
  "reply.reasoning": thought,
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

function delta(state, frame) {
  const { text, isMissing } = grow(state, state.text, frame);
  if (isMissing) return unchanged(state, { kind: "sync" });
  if (text === null) return unchanged(state);
  const effects = state.thinks ? [THINKING] : [];
  return changed(state, { text, thinks: false }, ...effects, { kind: "tail" });
}

function thought(state, frame) {
  const { text, isMissing } = grow(state, state.reasoning, frame);
  if (isMissing) return unchanged(state, { kind: "sync" });
  return text === null ? unchanged(state) : changed(state, { reasoning: text, thinks: true }, THINKING);
}

/** The known text with what a delta adds; null when that is nothing. */
function grow(state, known, { offset, text }) {
  if (offset + text.length <= known.length) return { text: null, isMissing: false };
  if (!isRunning(state) || offset > known.length) return { text: null, isMissing: true };
  return { text: known.slice(0, offset) + text, isMissing: false };
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
  const text = longer(state.text, frame.text);
  const reasoning = longer(state.reasoning, frame.reasoning);
  const thinks = text === state.text && (state.thinks || reasoning !== state.reasoning);
  const next = { ...state, status: STREAMING, text, reasoning, thinks };
  if (reasoning !== state.reasoning || thinks !== state.thinks) effects.push(THINKING);
  if (frame.upto > state.upto || frame.blocks.length > state.closed) {
    next.count = next.closed = frame.blocks.length;
    next.upto = frame.upto;
    effects.push({ kind: "blocks", index: 0, blocks: frame.blocks });
  }
  return { state: next, effects: [...effects, { kind: "tail" }] };
}

/** Taken before the reply ended, delivered after: it says nothing new. */
function isStale(state, frame) {
  if (state.status === BLOCKED) return true;
  return frame.text.length <= state.text.length && frame.reasoning.length <= state.reasoning.length;
}

/** A saved text is a beginning of the true one, so what is known beyond it still holds. */
function longer(known, saved) {
  return saved + known.slice(saved.length);
}

function ended(state, { status, text, blocks, upto, reasoning }) {
  if (state.status === status && state.text === text && state.reasoning === reasoning) return unchanged(state);
  return changed(
    state,
    { status, text, upto, reasoning, thinks: false, count: blocks.length, closed: blocks.length },
    { kind: "blocks", index: 0, blocks },
    THINKING,
    { kind: "tail" },
    { kind: "status" },
  );
}

function finished(state, frame) {
  const { status, text, reasoning, reasoning_seconds: seconds } = frame;
  const next = { status, text, upto: text.length, reasoning, seconds, thinks: false };
  return changed(state, next, { kind: "whole", html: frame.html }, THINKING, { kind: "status" });
}
