// Runs before the first paint: the chosen appearance and a folded sidebar never flash, and the server learns the time zone
// that "Today" is meant in. What the account has chosen is on the page already; pages that know nobody take what this
// browser saw last.
(() => {
  const root = document.documentElement;
  const isOwn = "appearance" in root.dataset;
  root.classList.add("js");
  try {
    for (const name of ["theme", "contrast", "text-size", "motion"]) {
      const chosen = root.getAttribute(`data-${name}`) ?? localStorage.getItem(name);
      if (!isOwn && chosen) root.setAttribute(`data-${name}`, chosen);
      else if (isOwn && chosen === "system") localStorage.removeItem(name);
      else if (isOwn) localStorage.setItem(name, chosen);
    }
    if (localStorage.getItem("sidebar") === "rail") root.dataset.sidebar = "rail";
  } catch {
    // Storage can be closed to us (private windows); the defaults stand.
  }
  if (root.dataset.contrast === "more") document.getElementById("contrast").media = "all";
  if (root.dataset.motion === "less") document.getElementById("less-motion").media = "all";
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && !document.cookie.includes(`timezone=${zone}`)) {
    document.cookie = `timezone=${zone}; path=/; max-age=31536000; samesite=lax`;
  }
})();
