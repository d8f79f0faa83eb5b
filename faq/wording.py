"""When two questions are the same: word for word, whatever the case, the spaces and the mark at the end.

Nothing is guessed: *how do I* and *how do I not* are two questions. Where a small difference can mean something, it
stays: *5!* is not *5*, and *x²* is not *x2*.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Literal

LONGEST_QUESTION = 2_000
"""Characters; longer ones are never the same by chance."""

ENDS = " .?!…。｡؟۔।"
MEANINGFUL = ("<super>", "<sub>", "<fraction>", "<circle>")
"""Compatibility characters that are not merely another form of the same one."""

NO_PROSE = re.compile(
    r"[\r\n\t_]"
    r"|[^\w ,.;:?!…'’()、。،؟۔।¿¡-]"
    r"|(?<!\w)['’-]|['’-](?!\w)"  # an option such as -v, or something quoted
    r"|(?<=[^\W\d])[.:](?=\w)"  # a name such as os.path
)


def normalise(question: str) -> str:
    """Write a question as all its spellings are written; "" when there is nothing but marks."""
    has_meaning = any(unicodedata.decomposition(one).startswith(MEANINGFUL) for one in question)
    form: Literal["NFC", "NFKC"] = "NFC" if has_meaning else "NFKC"
    # Twice, with the canonical form first: what is written in small letters can be composed in another way.
    small = unicodedata.normalize(form, unicodedata.normalize("NFD", question).casefold())
    plain = unicodedata.normalize(form, small.casefold())
    return _without_end(" ".join(plain.split()))


def normalise_prose(question: str) -> str:
    """Like :func:`normalise` where a question is plain words; anything else, such as code, stays as it is written.

    Case and spaces mean something to a program: ``grep -v`` is not ``grep -V``.
    """
    letters = "".join(one for one in question.strip() if not unicodedata.category(one).startswith("M"))
    return question.strip() if NO_PROSE.search(unicodedata.normalize("NFKC", letters)) else normalise(question)


def key_of(question: str) -> str:
    """Give what is the same for all spellings of a question (64 characters); "" where there is nothing to ask."""
    plain = normalise(question) if len(question) <= LONGEST_QUESTION else ""
    return hashlib.sha256(plain.encode()).hexdigest() if plain else ""


def _without_end(question: str) -> str:
    bare = question.rstrip(ENDS)
    return f"{bare}!" if question[len(bare) :].startswith("!") and _may_be_factorial(bare) else bare


def _may_be_factorial(text: str) -> bool:
    last = text.rpartition(" ")[2]
    return last[-1:].isdigit() or last[-1:] == ")" or len(last) == 1
