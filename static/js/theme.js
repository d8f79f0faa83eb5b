// Light, dark, or as the system: chosen in the person's menu.

import { post } from "./api.js";
import { followOtherTabs, wear, worn } from "./appearance.js";
import { toast } from "./toasts.js";

const ADDRESS = "/accounts/settings/appearance/";

function mark() {
  for (const choice of document.querySelectorAll("[data-theme-choice]")) {
    choice.setAttribute("aria-checked", String(choice.dataset.themeChoice === worn("theme")));
  }
}

async function choose(theme) {
  wear("theme", theme);
  mark();
  try {
    await post(ADDRESS, { theme });
  } catch (error) {
    toast(error.message, { kind: "error" });
  }
}

export function startTheme() {
  document.addEventListener("click", (event) => {
    const choice = event.target.closest?.("[data-theme-choice]");
    if (choice) choose(choice.dataset.themeChoice);
  });
  followOtherTabs(mark);
  mark();
}
