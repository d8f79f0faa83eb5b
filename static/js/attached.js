// The files of a message, as the page shows them.

const UNITS = ["byte", "kilobyte", "megabyte"];
const STEP = 1024;

/** Show what a message carries; `files` as frames and answers tell them. */
export function setAttached(article, files) {
  const list = article.querySelector(":scope > .message-files");
  if (!list) return;
  list.replaceChildren(...files.map(makeAttached));
  list.hidden = !files.length;
}

function makeAttached(file) {
  const item = document.getElementById("attached-template").content.firstElementChild.cloneNode(true);
  const link = item.querySelector("a");
  link.href = file.url;
  item.dataset.kind = file.kind;
  furnish(item, file);
  return item;
}

/** Fill a chip: the name, the size, the thumbnail where there is one, what its owner should know. */
export function furnish(item, { name, size, note, thumbnail }) {
  item.querySelector(".file-name").textContent = name;
  item.querySelector(".file-size").textContent = [size === undefined ? "" : formatSize(size), note]
    .filter(Boolean)
    .join(" · ");
  if (thumbnail) item.querySelector(".file-link > .icon").replaceWith(makePicture(thumbnail));
}

function makePicture(address) {
  const picture = document.createElement("img");
  picture.className = "file-picture";
  picture.alt = "";
  picture.src = address;
  return picture;
}

function formatSize(bytes) {
  const step = Math.min(UNITS.length - 1, Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(STEP)));
  const number = bytes / STEP ** step;
  const digits = { maximumFractionDigits: number < 10 && step ? 1 : 0 };
  return number.toLocaleString(document.documentElement.lang, { style: "unit", unit: UNITS[step], ...digits });
}
