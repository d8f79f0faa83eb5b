// The text that goes on with a block which is still being written stands inside that block, until the server has
// rendered it: so it flows, and does not jump from below into the block at every rendering.

const CLASS = "message-growing";
const PLACES = new Set("P LI OL UL BLOCKQUOTE H1 H2 H3 H4 H5 H6 FIGURE PRE DIV TABLE THEAD TBODY TR TD TH".split(" "));

/** Let `text` go on at the end of the last block; tells whether there is a place for it. */
export function growInto(body, text) {
  const place = lastPlace(body);
  const former = body.querySelector(`.${CLASS}`);
  if (former && former.parentElement !== place) former.remove();
  if (!place) return false;
  const span = former?.isConnected ? former : place.appendChild(makeSpan());
  const more = withoutRepeatedSpace(text, span.previousSibling?.textContent ?? "");
  if (span.textContent !== more) span.textContent = more;
  return true;
}

/** Code keeps the white space at its end, where other blocks lose it. */
function withoutRepeatedSpace(text, before) {
  const kept = before.slice(before.trimEnd().length);
  return kept && text.startsWith(kept) ? text.slice(kept.length) : text;
}

export function stopGrowing(body) {
  body.querySelector(`.${CLASS}`)?.remove();
}

function lastPlace(body) {
  let place = body.lastElementChild;
  if (!place || !PLACES.has(place.tagName)) return null;
  for (let next = place.lastElementChild; isPlace(next); next = next.lastElementChild) place = next;
  return place;
}

function isPlace(element) {
  return element && (PLACES.has(element.tagName) || (element.tagName === "CODE" && element.parentElement.tagName === "PRE"));
}

function makeSpan() {
  const span = document.createElement("span");
  span.className = CLASS;
  return span;
}
