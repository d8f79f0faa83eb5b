"""What somebody looks for: words, and words in quotes, which stand side by side. Nothing is an operator."""

from __future__ import annotations

import re

from search.folding import fold

LONGEST_QUERY = 200
MOST_TERMS = 10
GRAM = 3
"""The length of the pieces in the index."""

_TERM = re.compile(r'"([^"]*)"?|([^\s"]+)')


def read_terms(query: str) -> tuple[str, ...]:
    """Give the folded terms, each once; nothing where there is nothing to look for. All of them have to occur."""
    found = (fold(quoted or word) for quoted, word in _TERM.findall(query[:LONGEST_QUERY]))
    return tuple(dict.fromkeys(term for term in found if term))[:MOST_TERMS]


def grams_of(term: str) -> set[str]:
    """Cut a folded term into pieces that every text with it has; side by side, since the whole is looked for anyway."""
    if len(term) <= GRAM:
        return {term}
    return {term[start : start + GRAM] for start in (*range(0, len(term) - GRAM, GRAM), len(term) - GRAM)}
