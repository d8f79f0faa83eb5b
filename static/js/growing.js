// The text that goes on with a block which is still being written stands inside that block, until the server has
// rendered it: so it flows, and does not jump from below into the block at every rendering.

const CLASS = "message-growing";
const CLOSING_FENCE = /(?:^|\n)[ \t]*(?:`{3,}|~{3,})[ \t]*(?=\n|$)/;
const EMPTY_LINE = /\n[ \t]*\n/;
const LINE_END = /\n/;
const HEADING = /^H\d$/;
const PLACES = new Set("P LI OL UL BLOCKQUOTE H1 H2 H3 H4 H5 H6 FIGURE PRE DIV TABLE THEAD TBODY TR TD TH".split(" "));

/** Let `text` go on at the end of the last block, as far as it belongs to it; gives the rest, which is not on show. */
export function growInto(body, text) {
  const place = lastPlace(body);
  const former = body.querySelector(`.${CLASS}`);
  if (former && former.parentElement !== place) former.remove();
  if (!place) return text;
  const end = endOf(place).exec(text);
  const span = former?.isConnected ? former : place.appendChild(makeSpan());
  const more = withoutRepeatedSpace(text.slice(0, end?.index), span.previousSibling?.textContent ?? "");
  if (span.textContent !== more) span.textContent = more;
  return end ? text.slice(end.index + end[0].length) : "";
}

function endOf(place) {
  if (place.tagName === "CODE") return CLOSING_FENCE;
  return HEADING.test(place.tagName) ? LINE_END : EMPTY_LINE;
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
  if (!place || !PLACES.has(place.tagName) || isFormula(place)) return null;
  for (let next = place.lastElementChild; isPlace(next); next = next.lastElementChild) place = next;
  return place;
}

/** A formula is set whole: nothing grows in it. */
function isFormula(element) {
  return element.matches(".math");
}

function isPlace(element) {
  if (!element || isFormula(element)) return false;
  return PLACES.has(element.tagName) || (element.tagName === "CODE" && element.parentElement.tagName === "PRE");
}

function makeSpan() {
  const span = document.createElement("span");
  span.className = CLASS;
  return span;
}
