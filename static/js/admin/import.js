// Sends a file of words, shows how far the site is with it, and then what came of it.

const UNFINISHED = "This did not come to its end. What was not finished was not imported; try again.";
const ACCEPT = "application/x-ndjson, application/json";  // the outcome in lines; a refusal with its sentence
const TOO_LARGE = "This file is too large for this page. Use manage.py import_words.";

const form = document.querySelector("[data-import]");
const status = form?.querySelector("[data-import-status]");
const bar = form?.querySelector("progress");
const sentence = form?.querySelector("[data-import-sentence]");

function show({ what, done, total }) {
  bar.max = total;
  bar.value = done;
  const words = `${what}: ${done.toLocaleString()} of ${total.toLocaleString()}`;
  if (sentence.textContent !== words) sentence.textContent = words;
}

/** Give the lines of an answer as they come. */
async function* lines(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const whole = (rest + part.value).split("\n");
    rest = whole.pop();
    yield* whole;
  }
}

/** Put the outcome of the page that came in the place of the last one; the form stays, with its file. */
function conclude(page) {
  const came = new DOMParser().parseFromString(page, "text/html");
  document.querySelector("[data-outcome]").replaceWith(document.adoptNode(came.querySelector("[data-outcome]")));
  document.querySelector("[data-outcome]").focus();
}

/** Read why it was refused. */
async function refusal(answer) {
  if (answer.status === 413) return TOO_LARGE;
  const told = await answer.json().catch(() => null);
  return told?.error?.message ?? UNFINISHED;
}

async function send() {
  const answer = await fetch(location.pathname, { method: "POST", body: new FormData(form), headers: { Accept: ACCEPT } });
  if (!answer.ok) throw new Error(await refusal(answer));
  if (answer.headers.get("Content-Type").startsWith("text/html")) return conclude(await answer.text());
  let page = null;
  for await (const line of lines(answer.body)) {
    const told = JSON.parse(line);
    if (told.page === undefined) show(told);
    else page = told.page;
  }
  if (page === null) throw new Error(UNFINISHED);
  conclude(page);
}

async function onSubmit(event) {
  event.preventDefault();
  const button = form.querySelector("[type=submit]");
  button.disabled = true;
  status.hidden = false;
  bar.removeAttribute("value");
  sentence.textContent = "Sending the file";
  try {
    await send();
    status.hidden = true;
  } catch (error) {
    sentence.textContent = error instanceof TypeError ? UNFINISHED : error.message;
  } finally {
    button.disabled = false;
  }
}

form?.addEventListener("submit", onSubmit);
