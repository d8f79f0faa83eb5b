// The queue of incidents by keys: j and k walk, c, d and u decide, n notes, o opens.

const STATES = { c: "confirmed", d: "dismissed", u: "open" };
const SHOWN = { confirmed: "Confirmed", dismissed: "Dismissed", open: "Open" };

const keys = document.querySelector("[data-incident-keys]");
const status = document.querySelector("[data-incident-status]");
const noting = document.querySelector("[data-incident-note]");
const rows = [...document.querySelectorAll("#result_list tbody tr")];
let current = -1;

function walk(step) {
  if (!rows.length) return;
  rows[current]?.classList.remove("is-current");
  current = Math.min(rows.length - 1, Math.max(0, current + step));
  rows[current].classList.add("is-current");
  rows[current].scrollIntoView({ block: "nearest" });
  rows[current].querySelector("a")?.focus({ preventScroll: true });
}

function say(sentence) {
  status.textContent = sentence;
}

async function decide(row, state, note) {
  const body = new FormData();
  body.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
  body.set("state", state);
  if (note !== undefined) body.set("note", note);
  const id = row.querySelector("input.action-select").value;
  const answer = await fetch(`${location.pathname}${id}/decide/`, { method: "POST", body, redirect: "error" });
  if (!answer.ok) throw new Error(`${answer.status}`);
  row.classList.toggle("is-decided", state !== "open");
  row.querySelector(".field-state").textContent = SHOWN[state];
  if (note !== undefined) row.querySelector(".field-remarks").textContent = note;
  say(note === undefined ? `${SHOWN[state]}.` : "The note is saved.");
}

function stateOf(row) {
  return row.querySelector(".field-state").textContent.trim().toLowerCase();
}

/** Ask for a note; the state stays as it is. */
function askForNote(row) {
  const field = noting.querySelector("textarea");
  field.value = row.querySelector(".field-remarks").textContent.trim();
  noting.returnValue = "";
  noting.addEventListener("close", () => noting.returnValue && attempt(row, stateOf(row), field.value.trim()), { once: true });
  noting.showModal();
}

async function attempt(row, state, note) {
  try {
    await decide(row, state, note);
    return true;
  } catch {
    say("This was not saved. Reload the page, and try again.");
    return false;
  }
}

function isTyping(target) {
  return target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
}

async function onKey(event) {
  if (noting.open || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isTyping(event.target)) return;
  const key = event.key.toLowerCase();
  if (key === "j" || key === "k") {
    event.preventDefault();
    walk(key === "j" ? 1 : -1);
    return;
  }
  const row = rows[current];
  if (!row) return;
  if (key === "o") row.querySelector("a")?.click();
  if (event.repeat || !(key === "n" || STATES[key])) return;
  event.preventDefault();
  if (key === "n") askForNote(row);
  else if ((await attempt(row, STATES[key])) && key !== "u" && rows[current] === row) walk(1);
}

if (keys) document.addEventListener("keydown", onKey);
