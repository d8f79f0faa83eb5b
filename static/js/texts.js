// Plain text in the document.

/** Let an element show a text; one that only grew is appended to, so that a selection in it holds. */
export function appendText(element, text) {
  const node = element.firstChild;
  const isGrown = node && element.childNodes.length === 1 && text.startsWith(node.data);
  if (isGrown) node.appendData(text.slice(node.length));
  else element.textContent = text;
}
