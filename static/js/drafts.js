// What is written and not yet sent, kept in this browser for each person and conversation.

const { user } = JSON.parse(document.getElementById("page-config").textContent);

function key(conversation) {
  return `draft:${user}:${conversation || "new"}`;
}

export function readDraft(conversation) {
  try {
    return localStorage.getItem(key(conversation)) ?? "";
  } catch {
    return "";
  }
}

export function keepDraft(conversation, text) {
  try {
    if (text) localStorage.setItem(key(conversation), text);
    else localStorage.removeItem(key(conversation));
  } catch {
    // Storage is closed or full; the draft is still in the field.
  }
}
