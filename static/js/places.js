// Ways through a long talk, from its header: to the first message, the newest, or those of a day.

import { navigate } from "./navigation.js";
import { shownPath } from "./room.js";

export function startPlaces() {
  document.addEventListener("submit", (event) => {
    if (!event.target.matches(".places-day")) return;
    event.preventDefault();
    navigate(`${shownPath()}?${new URLSearchParams(new FormData(event.target))}`);
  });
}
