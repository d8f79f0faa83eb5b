"""Looking for something, which is counted: a search asks more of the database than a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from accounts import limits
from search.selectors import ANYTHING, PAGE, TITLES, search
from search.snippets import BEFORE
from search.terms import read_terms

if TYPE_CHECKING:
    from accounts.models import User
    from search.selectors import Cursor, Filters, Found


def look_for(
    user: User,
    query: str,
    filters: Filters = ANYTHING,
    *,
    after: Cursor | None = None,
    limit: int = PAGE,
    titles: int = TITLES,
    before: int = BEFORE,
) -> Found:
    """Search for what somebody typed, as :func:`search.selectors.search` does; raises TooManyRequests.

    Nothing is found, and nothing counted, where there is nothing to look for.
    """
    terms = read_terms(query)
    if terms:
        limits.require(limits.SEARCHES, user.pk, settings.RATE_LIMIT_SEARCHES)
    return search(user, terms, filters, after=after, limit=limit, titles=titles, before=before)
