// One file on its way to the server, with progress, and a way to call it back.

import { post } from "./api.js";
import { phrase } from "./texts.js";

const { csrf } = JSON.parse(document.getElementById("page-config").textContent);
const AT_ONCE = 2;
const TAKEN = 201;
const TOO_LARGE = 413;

const waiting = [];
let running = 0;

/**
 * Send a file as soon as its turn comes. Returns {promise, cancel}: the promise gives what the server shows of the file, or
 * fails with an Error whose message is for people, or with null where it was cancelled.
 */
export function upload(file, onProgress) {
  const request = new XMLHttpRequest();
  let isCancelled = false;
  const promise = new Promise((resolve, reject) => {
    const end = () => {
      running -= 1;
      next();
    };
    request.upload.addEventListener("progress", ({ loaded, total }) => onProgress(total ? loaded / total : 0));
    request.addEventListener("load", () => settle(request, file, resolve, reject));
    request.addEventListener("error", () => reject(new Error(phrase("files.lost", { name: file.name }))));
    request.addEventListener("abort", () => reject(null));
    request.addEventListener("loadend", end);
    waiting.push(() => {
      if (isCancelled) return reject(null);
      running += 1;
      start(request, file);
    });
  });
  next();
  return {
    promise,
    cancel() {
      isCancelled = true;
      request.abort();
      next();
    },
  };
}

function next() {
  while (running < AT_ONCE && waiting.length) waiting.shift()();
}

function start(request, file) {
  const form = new FormData();
  form.append("file", file, file.name);
  request.open("POST", "/files/");
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("X-CSRFToken", csrf);
  request.responseType = "text";
  request.send(form);
}

function settle(request, file, resolve, reject) {
  const told = parse(request.responseText);
  if (request.status === TAKEN && told) return resolve(told);
  if (told?.error) return reject(new Error(told.error.message));
  if (request.status === TOO_LARGE) return reject(new Error(phrase("files.too_large", { name: file.name })));
  reject(new Error(phrase("files.failed", { name: file.name })));
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Tell the server that a file will not be sent; where that fails, it finds out by itself. */
export function discard(id) {
  post(`/files/${id}/discard/`).catch(() => {});
}
