// Looking for elements.

/** All of a kind in a part of the page, itself included. */
export function find(root, selector) {
  const below = [...root.querySelectorAll(selector)];
  return root.matches(selector) ? [root, ...below] : below;
}
