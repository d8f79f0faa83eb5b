"""Terms and matchers for tests, and the plainest possible filter to compare ours with."""

from __future__ import annotations

from moderation.folding import Folder, fold_pattern
from moderation.matcher import Matcher, Severity, Term
from moderation.stream import BULLET, Filter

MARKS = {"block": Severity.BLOCK, "mask": Severity.MASK, "flag": Severity.FLAG, "allow": Severity.ALLOW}


def term(pattern: str, action: str = "block", *, whole_word: bool = False) -> Term:
    return Term(pattern, MARKS[action], category="insults", whole_word=whole_word)


def blocking(*patterns: str, whole_word: bool = False) -> Matcher:
    return Matcher([term(pattern, whole_word=whole_word) for pattern in patterns])


def run(matcher: Matcher, pieces: list[str], before: str = "") -> tuple[str, Filter]:
    here = Filter(lambda: matcher, before)
    return "".join([here.feed(piece) for piece in pieces]) + here.finish(), here


def catches(matcher: Matcher, text: str) -> bool:
    return run(matcher, [text])[1].blocked is not None


def plain_filter(terms: list[Term], text: str) -> str:
    """Filter a whole text by looking everywhere for everything; only for terms that need not be whole words."""
    folded, origins = Folder().fold(text)
    places = [
        (start, start + len(pattern), one.severity)
        for one in terms
        if (pattern := fold_pattern(one.pattern))
        for start in range(len(folded))
        if folded.startswith(pattern, start)
    ]
    # A character that stands for several letters is in an allowed phrase, or in a hit, as a whole.
    written = [(origins[start], origins[stop - 1], severity) for start, stop, severity in places]
    allowed = [(first, last) for first, last, severity in written if severity is Severity.ALLOW]
    is_allowed = [any(a <= first and last <= b for a, b in allowed) for first, last, _ in written]
    hits = [place for place, is_harmless in zip(places, is_allowed, strict=True) if not is_harmless]
    blocks = [start for start, _, severity in hits if severity is Severity.BLOCK]
    end = origins[min(blocks)] if blocks else len(text)
    masked = {origins[i] for start, stop, severity in hits if severity is Severity.MASK for i in range(start, stop)}
    seen = set(origins)
    shown, is_masked = "", False
    for index, character in enumerate(text[:end]):
        is_masked = index in masked if index in seen else is_masked
        shown += (BULLET if index in seen else "") if is_masked else character
    return shown
