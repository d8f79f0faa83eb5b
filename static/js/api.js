// Small changes that go over HTTP: renaming, deleting, bringing back.

import { phrase } from "./texts.js";

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
    throw new Error(phrase("api.lost"));
  }
  if (answer.redirected) throw new Error(phrase("api.signed_out"));
  const data = await answer.json().catch(() => null);
  if (!answer.ok || !data) throw new Error(data?.error?.message ?? phrase("api.failed"));
  return data;
}
