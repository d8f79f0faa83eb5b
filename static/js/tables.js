// A table is copied as CSV. What a spreadsheet would take for a formula is marked as text.

import { copyText } from "./clipboard.js";
import { find } from "./finding.js";

const NUMBER = /^[+\-−]?[\d.,\s%]+$/;
const FORMULA = /^[\s']*[=+\-@＝＋－＠\t\r]/;

export function furnishTables(root) {
  const template = document.getElementById("table-template");
  for (const frame of find(root, ".table-scroll:not(:has(> .table-tools))")) {
    frame.prepend(template.content.firstElementChild.cloneNode(true));
  }
}

export function toCsv(table) {
  const rows = [...table.rows].map((row) => [...row.cells].map((cell) => quote(harmless(textOf(cell)))).join(","));
  return rows.map((row) => `${row}\r\n`).join("");
}

/** A formula says what it is in TeX, not twice as it is drawn. */
function textOf(cell) {
  const copy = cell.cloneNode(true);
  for (const formula of copy.querySelectorAll(".math.is-set")) {
    formula.textContent = formula.querySelector("annotation")?.textContent ?? "";
  }
  for (const line of copy.querySelectorAll("br")) line.replaceWith("\n");
  return copy.textContent.trim();
}

function harmless(text) {
  return FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
}

function quote(text) {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function startTables() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.('[data-action="copy-table"]');
    if (button) copyText(toCsv(button.closest(".table-scroll").querySelector("table")), button);
  });
}
