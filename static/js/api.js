// Small changes that go over HTTP: renaming, deleting, bringing back.

const { csrf } = JSON.parse(document.getElementById("page-config").textContent);

/** Post a form and return the answer's JSON; throws an Error whose message is for people. */
export async function post(url, fields = {}) {
  let answer;
  try {
    answer = await fetch(url, {
      method: "POST",
      headers: { Accept: "application/json", "X-CSRFToken": csrf },
      body: new URLSearchParams(fields),
    });
  } catch {
    throw new Error("There is no connection at the moment. Nothing was changed.");
  }
  if (answer.redirected) throw new Error("You are signed out. Nothing was changed.");
  const data = await answer.json().catch(() => null);
  if (!answer.ok || !data) throw new Error(data?.error?.message ?? "That did not work. Nothing was changed.");
  return data;
}
