// Which siblings a message has, and where it stands among them; the page keeps their ids with the article.

export function getSiblings(article) {
  return article.dataset.siblings?.split(" ").filter(Boolean) ?? [];
}

/** Show where an article stands among these; where there is no other, nothing. */
export function setSiblings(article, ids) {
  article.dataset.siblings = ids.length > 1 ? ids.join(" ") : "";
  const actions = article.querySelector(":scope > .message-actions");
  const known = actions.querySelector(".message-versions");
  if (ids.length < 2) return known?.remove();
  const form = known ?? document.getElementById("versions-template").content.firstElementChild.cloneNode(true);
  const place = ids.indexOf(article.dataset.message);
  form.querySelector(".version-place").textContent = `${place + 1} / ${ids.length}`;
  form.querySelector(".version-earlier").disabled = place === 0;
  form.querySelector(".version-later").disabled = place === ids.length - 1;
  if (!known) actions.prepend(form);
}

/** A new message stands where `former` stood, and is the last of its siblings. */
export function succeed(article, former) {
  if (!former?.dataset.message || former.dataset.role !== article.dataset.role) return;
  const before = getSiblings(former);
  const ids = before.length ? before : [former.dataset.message];
  setSiblings(article, ids.includes(article.dataset.message) ? ids : [...ids, article.dataset.message]);
}
