// The boxes of task lists say in the reader's language what they are; stored answers know no language but English.

import { find } from "./finding.js";

export function nameTasks(root) {
  const { done, open } = document.getElementById("code-template").dataset;
  for (const box of find(root, "li.task input")) box.ariaLabel = box.checked ? done : open;
}
