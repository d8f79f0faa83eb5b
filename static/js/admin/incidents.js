// The queue of incidents by keys: j and k walk, c, d and u decide, o opens.

const STATES = { c: "confirmed", d: "dismissed", u: "open" };
const SHOWN = { confirmed: "Confirmed", dismissed: "Dismissed", open: "Open" };

const keys = document.querySelector("[data-incident-keys]");
const status = document.querySelector("[data-incident-status]");
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

async function decide(row, state) {
  const body = new FormData();
  body.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
  body.set("state", state);
  const id = row.querySelector("input.action-select").value;
  const answer = await fetch(`${location.pathname}${id}/decide/`, { method: "POST", body, redirect: "error" });
  if (!answer.ok) throw new Error(`${answer.status}`);
  row.classList.toggle("is-decided", state !== "open");
  row.querySelector(".field-state").textContent = SHOWN[state];
  say(`${SHOWN[state]}.`);
}

function isTyping(target) {
  return target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
}

async function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isTyping(event.target)) return;
  const key = event.key.toLowerCase();
  if (key === "j" || key === "k") {
    event.preventDefault();
    walk(key === "j" ? 1 : -1);
    return;
  }
  const row = rows[current];
  if (!row) return;
  if (key === "o") row.querySelector("a")?.click();
  if (!STATES[key] || event.repeat) return;
  event.preventDefault();
  try {
    await decide(row, STATES[key]);
    if (key !== "u" && rows[current] === row) walk(1);
  } catch {
    say("This was not saved. Reload the page, and try again.");
  }
}

if (keys) document.addEventListener("keydown", onKey);
