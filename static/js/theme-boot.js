// Runs before the first paint: a chosen theme and a folded sidebar never flash, and the server learns the time zone that
// "Today" is meant in.
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
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && !document.cookie.includes(`timezone=${zone}`)) {
    document.cookie = `timezone=${zone}; path=/; max-age=31536000; samesite=lax`;
  }
})();
