// Inside the sandboxed frame: draws what it is sent, and sends back what it drew.

const COLOURS = {
  light: { background: "#fdfcfb", primaryColor: "#f1efec", primaryTextColor: "#262320", primaryBorderColor: "#8b8580", lineColor: "#6d6862", secondaryColor: "#e2efe9", tertiaryColor: "#f7f5f2", noteBkgColor: "#fbf3dc", noteTextColor: "#262320", noteBorderColor: "#b59a4a" },
  dark: { background: "#151312", primaryColor: "#2b2825", primaryTextColor: "#e8e5e1", primaryBorderColor: "#857f79", lineColor: "#a8a29b", secondaryColor: "#1f332b", tertiaryColor: "#221f1d", noteBkgColor: "#393222", noteTextColor: "#e8e5e1", noteBorderColor: "#8f7b3d" },
};

/** What a diagram's own directives cannot change. */
const SETTLED = ["secure", "securityLevel", "startOnLoad", "suppressErrorRendering", "maxTextSize", "maxEdges", "htmlLabels", "themeCSS", "fontFamily", "altFontFamily"];

function settings(isDark, font) {
  return {
    startOnLoad: false,
    securityLevel: "strict",
    secure: SETTLED,
    suppressErrorRendering: true,
    maxTextSize: 20_000,
    maxEdges: 400,
    htmlLabels: false,
    flowchart: { htmlLabels: false },
    theme: "base",
    fontFamily: font,
    themeVariables: { darkMode: isDark, fontFamily: font, fontSize: "15px", dropShadow: "none", ...COLOURS[isDark ? "dark" : "light"] },
  };
}

/** The drawing as XML with its size written on it: what a picture needs. */
function pack(svg) {
  const drawing = new DOMParser().parseFromString(svg, "text/html").querySelector("svg");
  const { width, height } = drawing.viewBox.baseVal;
  drawing.setAttribute("width", width);
  drawing.setAttribute("height", height);
  drawing.style.maxWidth = "";
  return { svg: new XMLSerializer().serializeToString(drawing), width, height };
}

addEventListener("message", async ({ source, data: { id, source: text, isDark, font } }) => {
  if (source !== parent) return;
  try {
    mermaid.initialize(settings(isDark, font));
    const { svg } = await mermaid.render(`diagram-${id}`, text);
    parent.postMessage({ id, ...pack(svg) }, "*");
  } catch {
    parent.postMessage({ id }, "*"); // the page says that it could not be drawn, and shows the source
  }
});
parent.postMessage("ready", "*");
