// Runs before the first paint, so that a chosen theme never flashes. Without a choice the system decides.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  try {
    const theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    if (localStorage.getItem("sidebar") === "rail") root.dataset.sidebar = "rail";
  } catch {
    // Storage can be closed to us (private windows); the defaults stand.
  }
})();
