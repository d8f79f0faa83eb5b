// The files that wait in the composer of each conversation, kept in this browser until they are sent.

import { emit } from "./bus.js";
import { phrase } from "./texts.js";
import { discard, upload } from "./upload.js";

const MOST = 10;
const MEGABYTE = 1024 * 1024;
const LARGEST = 20;
const { user } = JSON.parse(document.getElementById("page-config").textContent);

/** By conversation: entries {name, progress, told, cancel}; `told` is what the server shows of a file that arrived. */
const trays = new Map();
/** All files that this tab has heard of, by their id. */
const known = new Map();

function key(conversation) {
  return `files:${user}:${conversation || "new"}`;
}

export function entriesOf(conversation) {
  const name = key(conversation);
  if (!trays.has(name)) trays.set(name, readKept(name).map(arrived));
  return trays.get(name);
}

export function hasFiles(conversation) {
  return entriesOf(conversation).length > 0;
}

export function isUploading(conversation) {
  return entriesOf(conversation).some(({ told }) => !told);
}

/** What is shown of a file, as far as this tab knows it. */
export function getFile(id) {
  return known.get(id);
}

function arrived(told) {
  known.set(told.id, told);
  return { name: told.name, progress: 1, told };
}

/** Begin to send files up; `failed` gets the sentence where one is refused. */
export function addFiles(conversation, files, failed) {
  const tray = entriesOf(conversation);
  const room = Math.max(0, MOST - tray.length);
  if (files.length > room) failed(phrase("files.too_many", { count: MOST }));
  for (const file of files.slice(0, room)) {
    if (file.size <= LARGEST * MEGABYTE) addFile(conversation, tray, file, failed);
    else failed(phrase("files.larger_than", { name: file.name, size: LARGEST }));
  }
  changed(conversation);
}

async function addFile(conversation, tray, file, failed) {
  const entry = { name: file.name, progress: 0, told: null };
  const way = upload(file, (progress) => {
    entry.progress = progress;
    emit("files:progress", { entry });
  });
  entry.cancel = way.cancel;
  tray.push(entry);
  try {
    const told = await way.promise;
    if (!trays.get(key(conversation)).includes(entry)) return discard(told.id);
    Object.assign(entry, arrived(told));
    emit("files:arrived", { name: told.name });
  } catch (error) {
    drop(conversation, entry);
    if (error) failed(error.message);
  }
  changed(conversation);
}

/** Take one away again, whether or not it has arrived. */
export function removeFile(conversation, entry) {
  drop(conversation, entry);
  if (entry.told) discard(entry.told.id);
  else entry.cancel();
  changed(conversation);
}

function drop(conversation, entry) {
  const tray = entriesOf(conversation);
  if (tray.includes(entry)) tray.splice(tray.indexOf(entry), 1);
}

/** Empty the tray into a message; returns the ids. */
export function takeFiles(conversation) {
  const ids = entriesOf(conversation).map(({ told }) => told.id);
  trays.set(key(conversation), []);
  changed(conversation);
  return ids;
}

/** Put back what a message that was refused carried, as far as this tab knows it. */
export function putFiles(conversation, ids = []) {
  const back = ids.filter((id) => known.has(id)).map((id) => arrived(known.get(id)));
  trays.set(key(conversation), [...back, ...entriesOf(conversation)].slice(0, MOST));
  changed(conversation);
}

function changed(conversation) {
  keep(conversation);
  emit("files:changed", { conversation });
}

function keep(conversation) {
  const told = entriesOf(conversation).flatMap((entry) => entry.told ?? []);
  try {
    if (told.length) localStorage.setItem(key(conversation), JSON.stringify(told));
    else localStorage.removeItem(key(conversation));
  } catch {
    // Storage is closed or full; the files are still in the composer.
  }
}

function readKept(name) {
  try {
    return JSON.parse(localStorage.getItem(name) ?? "[]");
  } catch {
    return [];
  }
}
