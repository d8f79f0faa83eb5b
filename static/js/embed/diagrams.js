// Inside the sandboxed frame: draws what it is sent, and sends back what it drew.

const LIGHT = { background: "#fdfcfb", primaryColor: "#f1efec", primaryTextColor: "#262320", primaryBorderColor: "#8b8580", lineColor: "#6d6862", secondaryColor: "#e2efe9", tertiaryColor: "#f7f5f2", noteBkgColor: "#fbf3dc", noteTextColor: "#262320", noteBorderColor: "#b59a4a" };
const DARK = { background: "#151312", primaryColor: "#2b2825", primaryTextColor: "#e8e5e1", primaryBorderColor: "#857f79", lineColor: "#a8a29b", secondaryColor: "#1f332b", tertiaryColor: "#221f1d", noteBkgColor: "#393222", noteTextColor: "#e8e5e1", noteBorderColor: "#8f7b3d" };
/** For kinds that tell their parts by colour: as many hues as have to be told apart, each far enough from its words. */
const HUES = [163, 85, 255, 25, 305, 205, 50, 120, 340, 230, 145, 275];

function partsOf(isDark) {
  const parts = {};
  HUES.forEach((hue, index) => {
    const colour = `hsl(${hue}, ${isDark ? 22 : 38}%, ${isDark ? 27 : 84}%)`;
    const words = isDark ? DARK.primaryTextColor : LIGHT.primaryTextColor;
    Object.assign(parts, { [`cScale${index}`]: colour, [`cScaleLabel${index}`]: words, [`cScaleInv${index}`]: words });
    Object.assign(parts, { [`pie${index + 1}`]: colour, [`git${index}`]: colour, [`gitBranchLabel${index}`]: words });
    parts[`cScalePeer${index}`] = isDark ? DARK.primaryBorderColor : LIGHT.primaryBorderColor;
  });
  return parts;
}

/** What a diagram's own directives cannot change. */
const SETTLED = ["secure", "securityLevel", "startOnLoad", "suppressErrorRendering", "maxTextSize", "maxEdges", "htmlLabels", "themeCSS", "fontFamily", "altFontFamily"];

function settings(isDark, font) {
  const plots = { backgroundColor: "transparent", plotColorPalette: isDark ? "#5fb894, #c9a24d, #8ba3e0" : "#3f8f70, #a87b1f, #5670b8" };
  const colours = { xyChart: plots, ...(isDark ? DARK : LIGHT), ...partsOf(isDark) };
  return {
    startOnLoad: false,
    securityLevel: "strict",
    secure: SETTLED,
    suppressErrorRendering: true,
    maxTextSize: 20_000,
    maxEdges: 400,
    htmlLabels: false,
    flowchart: { htmlLabels: false },
    gantt: { useWidth: 720 },
    theme: "base",
    fontFamily: font,
    themeVariables: { darkMode: isDark, fontFamily: font, pieStrokeColor: colours.primaryBorderColor, pieOuterStrokeColor: colours.primaryBorderColor, fontSize: "15px", dropShadow: "none", ...colours },
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
