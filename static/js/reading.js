// What the browser does for rendered answers, wherever they are read: formulas, diagrams, and the buttons of code, tables
// and footnotes. The server sends blocks without them; each part takes care of what it finds in what is new on the page.

import { furnishCode, startCode } from "./code.js";
import { drawDiagrams, startDiagrams } from "./diagrams.js";
import { linkFootnotes, startFootnotes } from "./footnotes.js";
import { setFormulas, startFormulas } from "./formulas.js";
import { startPreview } from "./preview.js";
import { furnishTables, startTables } from "./tables.js";
import { nameTasks } from "./tasks.js";

const PARTS = [furnishCode, drawDiagrams, setFormulas, furnishTables, linkFootnotes, nameTasks];

function furnish(roots) {
  const shown = roots.filter((root) => root.isConnected);
  PARTS.forEach((part) => shown.forEach((root) => part(root)));
}

function furnishNew(records) {
  const added = records.flatMap(({ addedNodes }) => [...addedNodes]);
  furnish(added.filter((node) => node.nodeType === Node.ELEMENT_NODE));
}

export function startReading() {
  startCode();
  startDiagrams();
  startFormulas();
  startPreview();
  startTables();
  startFootnotes();
  furnish([document.body]);
  new MutationObserver(furnishNew).observe(document.body, { childList: true, subtree: true });
}
