// How the parts of the page tell each other what happened, without knowing each other.

const target = new EventTarget();

/** Call `handler(detail)` whenever `name` is emitted; returns a function that ends it. */
export function on(name, handler) {
  const listener = (event) => handler(event.detail);
  target.addEventListener(name, listener);
  return () => target.removeEventListener(name, listener);
}

export function emit(name, detail = {}) {
  target.dispatchEvent(new CustomEvent(name, { detail }));
}
