// How the page looks. The choice is kept with the account; the browser remembers it for pages that know nobody.

const NAMES = ["theme", "contrast", "text-size", "motion"];
const SHEETS = {
  contrast: { id: "contrast", chosen: "more", otherwise: "(prefers-contrast: more)" },
  motion: { id: "less-motion", chosen: "less", otherwise: "(prefers-reduced-motion: reduce)" },
};
const root = document.documentElement;

/** Let the page look like this at once, in all tabs of this browser. */
export function wear(name, value) {
  show(name, value);
  try {
    if (value === "system") localStorage.removeItem(name);
    else localStorage.setItem(name, value);
  } catch {
    // Without storage it lasts as long as the page; the account has it.
  }
}

export function worn(name) {
  return root.getAttribute(`data-${name}`) ?? "system";
}

/** Whether movement is unwelcome, by choice or by the system. */
export function wantsLessMotion() {
  return matchMedia(document.getElementById("less-motion").media).matches;
}

/** Follow what is chosen in another tab; `changed` hears of it. */
export function followOtherTabs(changed) {
  addEventListener("storage", ({ key, newValue }) => {
    if (!NAMES.includes(key)) return;
    show(key, newValue ?? "system");
    changed();
  });
}

function show(name, value) {
  root.setAttribute(`data-${name}`, value);
  const sheet = SHEETS[name];
  if (sheet) document.getElementById(sheet.id).media = value === sheet.chosen ? "all" : sheet.otherwise;
}
