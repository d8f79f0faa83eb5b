// The page of the appearance: what is chosen shows at once and is kept at once. Without scripts the form has a button.

import { followOtherTabs, wear, worn } from "../appearance.js";

const form = document.getElementById("appearance");
const said = document.getElementById("appearance-said");
const attributeOf = (field) => field.replace("_", "-");

async function keep(field) {
  said.textContent = "";
  const data = new FormData();
  data.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  data.set(field.name, field.value);
  const body = new URLSearchParams(data);
  const answer = await fetch(form.action, { method: "POST", headers: { Accept: "application/json" }, body }).catch(() => null);
  said.textContent = answer?.ok && !answer.redirected ? said.dataset.kept : said.dataset.lost;
}

form.addEventListener("change", ({ target }) => {
  wear(attributeOf(target.name), target.value);
  keep(target);
});
followOtherTabs(() => {
  for (const field of form.elements) if (field.type === "radio") field.checked = field.value === worn(attributeOf(field.name));
});
form.querySelector("button").hidden = true;
