// Light, dark, or as the system: chosen in the person's menu, kept in this browser, the same in all its tabs.

const KEY = "theme";
const root = document.documentElement;

function apply(theme) {
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  else delete root.dataset.theme;
  for (const choice of document.querySelectorAll("[data-theme-choice]")) {
    choice.setAttribute("aria-checked", String(choice.dataset.themeChoice === (root.dataset.theme ?? "system")));
  }
}

function choose(theme) {
  apply(theme);
  try {
    if (theme === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

export function startTheme() {
  document.addEventListener("click", (event) => {
    const choice = event.target.closest?.("[data-theme-choice]");
    if (choice) choose(choice.dataset.themeChoice);
  });
  addEventListener("storage", (event) => event.key === KEY && apply(event.newValue));
  apply(root.dataset.theme);
}
