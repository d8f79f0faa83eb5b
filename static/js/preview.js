// Shows what HTML or SVG makes, in a frame that is another world: its own address and policy, no origin, no network.

const IN_SVG = "<!doctype html><meta charset=utf-8><style>html,body{height:100%;margin:0}body{display:grid;place-items:center}svg{max-width:100%;max-height:100%}</style>";

let html = "";

function dialog() {
  return document.getElementById("preview");
}

export function openPreview(source) {
  const isPicture = /^\s*(<\?xml[^>]*>\s*)?(<!--[^]*?-->\s*)*<svg[\s>]/i.test(source);
  html = isPicture ? IN_SVG + source.replace(/^\s*<\?xml[^>]*>/, "") : source;
  const frame = document.createElement("iframe");
  const { address, title } = dialog().dataset;
  Object.assign(frame, { className: "preview-frame", title, src: address, referrerPolicy: "no-referrer" });
  frame.setAttribute("sandbox", "allow-scripts"); // never allow-same-origin
  dialog().querySelector(".preview-place").replaceChildren(frame);
  dialog().showModal();
}

export function startPreview() {
  addEventListener("message", ({ source, data }) => {
    const frame = dialog().querySelector("iframe");
    if (!html || source !== frame?.contentWindow || data !== "ready") return;
    source.postMessage({ html }, "*"); // a frame without an origin has no address to name
    html = "";
  });
  dialog().addEventListener("close", () => dialog().querySelector(".preview-place").replaceChildren());
}
