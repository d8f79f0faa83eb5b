// Lets the browser keep the page that says that there is no connection.

const ADDRESS = "/service-worker.js";

export function startInstalling() {
  navigator.serviceWorker?.register(ADDRESS, { updateViaCache: "none" }).catch(() => {
    // Where it may not be kept (private windows), the browser shows a page of its own.
  });
}
