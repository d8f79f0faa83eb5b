// Keeps the list of exports and imports in step while something goes on, without moving what somebody is using.

const INTERVAL = 2000;
const jobs = document.getElementById("jobs");
const status = document.getElementById("jobs-status");

async function look() {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("jobs");
    if (!answer.ok || !fresh) return;
    if (jobs.dataset.busy !== fresh.dataset.busy) status.textContent = fresh.dataset.said;
    jobs.dataset.busy = fresh.dataset.busy;
    if (!jobs.contains(document.activeElement) || !fresh.dataset.busy) {
      jobs.replaceChildren(...document.importNode(fresh, true).childNodes);
    }
  } catch {
    // Without a connection the next look comes all the same.
  }
  follow();
}

function follow() {
  if (jobs.dataset.busy) setTimeout(look, INTERVAL);
}

follow();
