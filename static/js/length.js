// How much one message may hold.

import { phrase } from "./texts.js";

const LONGEST = 100_000;

/** Say under the field that a text is too long, with the numbers; returns whether it is. */
export function tellLength(text, note) {
  // Counting characters is only worth it where there may be too many; a character is one or two units.
  const length = text.length > LONGEST ? [...text].length : text.length;
  const isTooLong = length > LONGEST;
  note.hidden = !isTooLong;
  note.textContent = isTooLong
    ? phrase("send.too_long", { length, longest: LONGEST })
    : "";
  return isTooLong;
}
