"""When two questions are the same: word for word, and with no guess about what somebody may have meant.

*How do I* and *how do I not* are two questions, and so are *IT* and *it*, *5 MW* and *5 mW*, *Maßen* and *Massen*, *x²*
and *x2*. What is not plain words, such as code, is taken as it is written.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

LONGEST_QUESTION = 2_000
"""Characters; longer ones are never the same by chance."""

NO_PROSE = re.compile(
    r"[^\w ,.;:?!…'’()、。،؟۔।¿¡-]|_"
    r"|(?<!\w)['’-]|['’-](?!\w)"  # an option such as -v, or something quoted
    r"|(?<!\w)[.:?!]+\w|[^\W\d][.:?!]\w"  # .5, or a name such as os.path
    r"|\w\(|\)\w"
)
CURLY = re.compile(r"(?<=[^\W\d])’(?=[^\W\d])")
PRONOUN = re.compile(
    r"(^|\b(?i:(?:do|did|am|can|could|may|might|must|shall|should|will|would|have|had)(?:n?'t)?"
    r"|if|when|where|what|how|why|that) )I(?= [^\W\d]{2})|\bI(?='(?:m|ll|ve|d)\b)"
)
WORD = re.compile(r"\w[\w'-]*")
QUESTION_MARKS = " ?؟"
LONGEST_SYMBOL = 2
"""Letters of what may be a symbol: *Mg* is not *mg*."""


def normalise(question: str) -> str:
    """Write a question as all its spellings are written.

    In plain words it does not matter how many spaces there are, how wide a character is, whether an apostrophe is
    curly, whether *I* is a capital, and whether the question begins with one. All else does, the mark at the end too.
    """
    return _plain_words(question) or question.strip()


def normalise_entry(question: str) -> str:
    """Like :func:`normalise` for what operators answer for: a question mark at the end and first capitals matter less.

    "" where there are nothing but marks. A capital matters in *IT*, *MHz*, *Mg* and *vitamin K*, and not in *Password*.
    """
    if not any(unicodedata.category(one)[0] in "LNS" for one in question):
        return ""
    plain = _plain_words(question)
    if not plain:
        return question.strip()
    bare = plain.rstrip(QUESTION_MARKS)
    return WORD.sub(lambda found: _small(found[0]) if len(found[0]) > LONGEST_SYMBOL else found[0], bare)


def key_of(question: str) -> str:
    """Give what is the same for all spellings of an operator's question (64 characters); "" where nothing is asked."""
    plain = normalise_entry(question) if len(question) <= LONGEST_QUESTION else ""
    return hashlib.sha256(plain.encode()).hexdigest() if plain else ""


def _plain_words(question: str) -> str:
    """Give a question of plain words as it is normalised; "" for any other."""
    even = unicodedata.normalize("NFC", "".join(map(_of_usual_width, question.strip())))
    if NO_PROSE.search("".join(one for one in even if not unicodedata.category(one).startswith("M"))):
        return ""
    spaced = " ".join(filter(None, even.split(" ")))
    plain = PRONOUN.sub(lambda found: f"{found[1] or ''}i", CURLY.sub("'", spaced))
    return WORD.sub(lambda found: _small(found[0]), plain, count=1)


def _of_usual_width(character: str) -> str:
    if unicodedata.category(character) == "Zs":
        return " "
    is_other = unicodedata.decomposition(character).startswith(("<wide>", "<narrow>"))
    return unicodedata.normalize("NFKC", character) if is_other else character


def _small(word: str) -> str:
    """Take the capital away with which a word begins, where the rest of it are small letters."""
    first, rest = word[0].lower(), word[1:]
    is_capital = first.upper() == word[0] and rest.islower() and re.sub(r"['-]", "", word).isalpha()
    return first + rest if is_capital else word
