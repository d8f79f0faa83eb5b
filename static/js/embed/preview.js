// Inside the sandboxed frame: becomes the page that it is sent, once. The policy of the frame holds for that page, too.

addEventListener("message", function receive({ source, data }) {
  if (source !== parent || typeof data?.html !== "string") return;
  removeEventListener("message", receive);
  document.open();
  document.write(data.html);
  document.close();
});
parent.postMessage("ready", "*");
