// What popovers need beyond the browser's own: which button opened them, and the keys of menus (arrows, Home, End).

const invokers = new WeakMap();

/** The button that opened this popover. */
export function invokerOf(popover) {
  return invokers.get(popover);
}

function items(menu) {
  return [...menu.querySelectorAll('[role^="menuitem"]')].filter((item) => item.checkVisibility());
}

const STEPS = {
  ArrowDown: (index, count) => (index + 1) % count,
  ArrowUp: (index, count) => (index - 1 + count) % count,
  ArrowRight: (index, count) => (index + 1) % count,
  ArrowLeft: (index, count) => (index - 1 + count) % count,
  Home: () => 0,
  End: (_index, count) => count - 1,
};

export function startMenus() {
  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest?.('[role="menu"]');
    if (!menu) return;
    if (event.key === "Tab") return menu.hidePopover();
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const all = items(menu);
    all[step(all.indexOf(document.activeElement), all.length)].focus();
  });

  // Before the browser toggles: a menu that is open elsewhere moves to the button that was pressed.
  document.addEventListener(
    "click",
    (event) => {
      const invoker = event.target.closest?.("[popovertarget]");
      if (!invoker) return;
      const popover = document.getElementById(invoker.getAttribute("popovertarget"));
      if (popover.matches(":popover-open") && invokers.get(popover) !== invoker) popover.hidePopover();
      invokers.set(popover, invoker);
    },
    true,
  );

  document.addEventListener(
    "toggle",
    ({ target, newState }) => {
      const invoker = invokers.get(target);
      if (!invoker) return;
      invoker.setAttribute("aria-expanded", String(newState === "open"));
      if (newState === "open" && target.matches('[role="menu"]')) items(target)[0]?.focus();
    },
    true,
  );

  document.addEventListener("click", (event) => {
    event.target.closest?.('[role="menuitem"]')?.closest("[popover]")?.hidePopover();
  });
}
