// Reading an answer aloud, by a voice of this device where there is one; nothing of it leaves the device.

const voices = globalThis.speechSynthesis;
let spoken = null;

/** Read an answer, or stop reading it. */
export function readAloud(article, button) {
  const wasSpoken = spoken === button;
  stopReading();
  if (wasSpoken) return;
  const utterance = new SpeechSynthesisUtterance(wordsOf(article));
  utterance.lang = languageOf(utterance.text);
  const voice = voices.getVoices().find((one) => one.localService && one.lang.startsWith(utterance.lang));
  if (voice) utterance.voice = voice;
  utterance.addEventListener("end", () => spoken === button && show(null));
  utterance.addEventListener("error", () => spoken === button && show(null));
  show(button);
  voices.speak(utterance);
}

function stopReading() {
  voices.cancel();
  show(null);
}

function show(button) {
  if (spoken) spoken.ariaPressed = "false";
  spoken = button;
  if (spoken) spoken.ariaPressed = "true";
}

/** What is said, without code and pictures, which nobody wants to hear. */
function wordsOf(article) {
  const body = article.querySelector(".message-body").cloneNode(true);
  body.querySelectorAll("figure, pre, math, .katex-mathml, button").forEach((one) => one.remove());
  return body.innerText.trim() || article.querySelector(".message-source").value;
}

/** A guess by the script: who reads Chinese or Arabic with an English voice says nothing. */
function languageOf(text) {
  const scripts = { ja: /[\u3040-\u30ff]/, ko: /[\uac00-\ud7af]/, zh: /[\u4e00-\u9fff]/, ar: /[\u0600-\u06ff]/, he: /[\u0590-\u05ff]/, ru: /[\u0400-\u04ff]/ };
  return Object.keys(scripts).find((one) => scripts[one].test(text)) ?? document.documentElement.lang;
}

function offer() {
  document.documentElement.classList.toggle("can-speak", voices.getVoices().some((voice) => voice.localService));
}

export function startAloud() {
  if (!voices) return;
  offer();
  voices.addEventListener("voiceschanged", offer);
  addEventListener("pagehide", () => voices.cancel());
}
