// The queue of incidents by keys: j and k walk, c, d and u decide, n notes, o opens.

const STATES = { c: "confirmed", d: "dismissed", u: "open" };
const SHOWN = { confirmed: "Confirmed", dismissed: "Dismissed", open: "Open" };
const NOT_SAVED = "This was not saved. Reload the page, and try again.";

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

/** Send what is decided; throws the sentence that stands against it. */
async function send(row, wanted) {
  const body = new FormData();
  body.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
  for (const [name, value] of Object.entries(wanted)) body.set(name, value);
  const id = row.querySelector("input.action-select").value;
  const answer = await fetch(`${location.pathname}${id}/decide/`, { method: "POST", body, redirect: "error" });
  if (answer.ok) return;
  const isSentence = answer.headers.get("Content-Type")?.startsWith("text/plain");
  throw new Error(isSentence ? await answer.text() : NOT_SAVED);
}

/** Do it, and say so; tells whether it was done. */
async function attempt(row, wanted, done) {
  try {
    await send(row, wanted);
  } catch (error) {
    say(error instanceof TypeError ? NOT_SAVED : error.message);
    return false;
  }
  say(done);
  return true;
}

async function decide(row, state) {
  if (!(await attempt(row, { state }, `${SHOWN[state]}.`))) return false;
  row.classList.toggle("is-decided", state !== "open");
  row.querySelector(".field-state").textContent = SHOWN[state];
  return true;
}

function askForNote(row) {
  const field = noting.querySelector("textarea");
  const cell = row.querySelector(".field-remarks");
  const was = cell.textContent.trim();
  field.value = was;
  noting.returnValue = "";
  const save = async () => {
    const note = field.value.trim();
    if (noting.returnValue && (await attempt(row, { note, was }, "The note is saved."))) cell.textContent = note;
  };
  noting.addEventListener("close", save, { once: true });
  noting.showModal();
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
  else if ((await decide(row, STATES[key])) && key !== "u" && rows[current] === row) walk(1);
}

if (keys) document.addEventListener("keydown", onKey);
