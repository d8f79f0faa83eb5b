// Gives names to what the stock admin leaves nameless for screen readers: fields that only a place or a picture labels.

const text = (element) => element?.textContent.trim().replace(/:$/, "") ?? "";

function nameSearch() {
  const field = document.getElementById("searchbar");
  if (field) field.ariaLabel = document.querySelector("#changelist-search input[type=submit]").value;
}

/** A date and a time share one label; the label itself stands for neither. */
function nameMoments() {
  for (const field of document.querySelectorAll(":is(.vDateField, .vTimeField):not([aria-label])")) {
    if (field.labels.length) continue;
    const row = field.closest("fieldset.flex-container, .form-row, .fieldBox");
    field.ariaLabel = [text(row?.querySelector("legend, label")), text({ textContent: field.previousSibling?.data ?? "" })].join(" ").trim();
  }
}

/** A field in a list is named by its column and its row. */
function nameCells() {
  for (const field of document.querySelectorAll("#result_list td :is(input, select):not([type=hidden], .action-select)")) {
    const cell = field.closest("td");
    const column = cell.closest("table").tHead.rows[0].cells[cell.cellIndex];
    field.ariaLabel = `${text(column.querySelector(".text") ?? column)}: ${text(cell.parentElement.querySelector("th, td a"))}`;
  }
}

function nameChoices() {
  for (const box of document.querySelectorAll(".select2-selection[role=combobox]")) {
    const label = text(document.querySelector(`label[for="${box.closest(".select2").previousElementSibling.id}"]`));
    box.removeAttribute("aria-labelledby");
    box.ariaLabel = label;
    box.querySelector("[role=textbox]").ariaLabel = label;
  }
  nameTips();
  for (const head of document.querySelectorAll("th.original:empty")) head.role = "presentation";
}

function nameTips() {
  for (const tip of document.querySelectorAll(".help-tooltip[aria-label]")) tip.role = "img";
}

// After jQuery's own list, in which the boxes of choices are made; some pages have none.
const whenMade = window.django?.jQuery ?? ((name) => name());
whenMade(() => [nameSearch, nameMoments, nameCells, nameChoices].forEach((name) => name()));
window.addEventListener("load", nameTips); // two lists side by side are made only now
