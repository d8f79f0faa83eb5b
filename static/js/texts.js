// The words that scripts say, in the language of the page, and plain text in the document.
//
// The page carries its words by name (chatproject/texts.py); `%(name)s` in them stands for a value.

let catalogue = null;
const language = document.documentElement.lang;

/** Say what a name stands for; where its form depends on a number, the value `count` chooses it. */
export function phrase(name, values = {}) {
  catalogue ??= JSON.parse(document.getElementById("page-texts").textContent);
  const known = catalogue[name];
  const form = typeof known === "string" ? known : (known[new Intl.PluralRules(language).select(values.count)] ?? known.other);
  return form.replace(/%\((\w+)\)s/g, (_, key) => (typeof values[key] === "number" ? formatNumber(values[key]) : values[key]));
}

/** Write a number as the language of the page does. */
export function formatNumber(number) {
  return new Intl.NumberFormat(language).format(number);
}

/** Let an element show a text; one that only grew is appended to, so that a selection in it holds. */
export function appendText(element, text) {
  const node = element.firstChild;
  const isGrown = node && element.childNodes.length === 1 && text.startsWith(node.data);
  if (isGrown) node.appendData(text.slice(node.length));
  else element.textContent = text;
}
