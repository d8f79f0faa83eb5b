// The choice itself is made by the page's theme module; here the arrow keys of a radio group are added.
import { startTheme } from "../theme.js";

const group = document.querySelector(".themes");
const choices = [...group.querySelectorAll("[data-theme-choice]")];

const settle = () => {
  for (const choice of choices) choice.tabIndex = choice.getAttribute("aria-checked") === "true" ? 0 : -1;
};

group.addEventListener("keydown", (event) => {
  const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  const step = steps[event.key];
  if (!step) return;
  event.preventDefault();
  const next = choices.at((choices.indexOf(document.activeElement) + step) % choices.length);
  next.focus();
  next.click();
});
new MutationObserver(settle).observe(group, { attributeFilter: ["aria-checked"], subtree: true });
startTheme();
settle();
group.hidden = false;
