"""Finds what a person may find: their own, nothing deleted, as ``conversations.selectors`` says."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.db.models import Q, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan
from django.urls import reverse

from conversations.models import Folder
from conversations.selectors import own_conversations, own_messages
from search.expressions import HasPieces
from search.models import Document, Title
from search.snippets import BEFORE, Part, make_snippet, mark_hits
from search.terms import GRAM, grams_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    from django.db.models import QuerySet

    from accounts.models import User
    from conversations.models import Conversation, Message

PAGE = 20
TITLES = 8
WALK = 1500
"""How many of a person's newest messages are looked through one by one before the index is asked for the older ones.

What somebody looks for is mostly among them; and an index alone would collect all hits of a common word to show a page.
"""
SHOWN = (
    "role",
    "model",
    "content",
    "conversation__title",
    "conversation__archived_at",
    "document__at",
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows a search: moments, of which ``until`` is not within, and a folder's id; empty texts mean any.

    In one ``conversation`` only its messages are looked through.
    """

    role: str = ""
    model: str = ""
    folder: str = ""
    conversation: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


ANYTHING = Filters()


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place of the last hit of a page: when it was written, and its document."""

    at: datetime
    document: int

    def __str__(self) -> str:
        return f"{(self.at - EPOCH) // timedelta(microseconds=1)}-{self.document}"


@dataclass(frozen=True, slots=True)
class MessageHit:
    message: Message
    title: str
    snippet: list[Part]

    @property
    def url(self) -> str:
        """Lead to the message, in a branch in which it stands."""
        talk = reverse("conversations:detail", args=[self.message.conversation_id])
        return f"{talk}?message={self.message.pk}#m-{self.message.pk}"


@dataclass(frozen=True, slots=True)
class TitleHit:
    conversation: Conversation
    title: list[Part]


@dataclass(frozen=True, slots=True)
class Found:
    """One page of hits, the newest first; titles are on the first page only, ``after`` leads to the next one."""

    titles: list[TitleHit]
    messages: list[MessageHit]
    after: Cursor | None

    def __bool__(self) -> bool:
        return bool(self.titles or self.messages)


def read_cursor(text: str) -> Cursor | None:
    """Read where a page begins; nothing for what is none."""
    moment, _, document = text.partition("-")
    if not (text.isascii() and moment.isdecimal() and document.isdecimal() and len(text) <= 38):  # noqa: PLR2004 - two numbers of 64 bits
        return None
    try:
        return Cursor(EPOCH + timedelta(microseconds=int(moment)), int(document))
    except OverflowError:
        return None


def search(
    user: User,
    terms: Sequence[str],
    filters: Filters = ANYTHING,
    *,
    after: Cursor | None = None,
    limit: int = PAGE,
    titles: int = TITLES,
    before: int = BEFORE,
) -> Found:
    """Find a person's messages and titles in which all the folded terms occur; nothing without terms.

    ``before`` is how many characters a snippet shows before its hit.
    """
    if not terms:
        return Found([], [], None)
    rows = _find_messages(user, terms, filters, after, limit + 1)
    shown, more = rows[:limit], rows[limit:]
    hits = [MessageHit(one, one.conversation.title, make_snippet(one.content, terms, before=before)) for one in shown]
    last = Cursor(shown[-1].document.at, shown[-1].document.pk) if more else None
    return Found([] if after else find_titles(user, terms, filters, limit=titles), hits, last)


def find_titles(user: User, terms: Sequence[str], filters: Filters = ANYTHING, *, limit: int) -> list[TitleHit]:
    """Find conversations by their titles, the newest first; none where what is asked for is in messages alone."""
    if filters.role or filters.conversation:
        return []
    named = Title.objects.filter(*(_has("text", term) for term in terms), user=user)
    found = own_conversations(user).filter(pk__in=named.values("pk"))
    if filters.model:
        found = found.filter(model=filters.model)
    if filters.folder:
        found = found.filter(_inside(filters.folder, "folder"))
    if filters.since:
        found = found.filter(updated_at__gte=filters.since)
    if filters.until:
        found = found.filter(updated_at__lt=filters.until)
    newest = found.defer("instructions").order_by("-updated_at", "-id")[:limit]
    return [TitleHit(one, mark_hits(one.title, terms)) for one in newest]


def list_models(user: User) -> list[str]:
    """List the models that a person's conversations are held with."""
    used = own_conversations(user).exclude(model="").exclude(model__startswith="preset/")
    return sorted(used.order_by().values_list("model", flat=True).distinct())


def list_folders(user: User) -> list[Folder]:
    """List a person's folders."""
    return list(Folder.objects.filter(user=user))


def _find_messages(
    user: User, terms: Sequence[str], filters: Filters, after: Cursor | None, limit: int
) -> list[Message]:
    """Look through the newest one by one, and ask the index for what is older."""
    matching = _matching(user, terms, filters).filter(_within("document__", user, filters, after))
    own = Document.objects.filter(_within("", user, filters, after))
    edge = own.order_by("-at", "-id").values_list("at", "id")[WALK : WALK + 1].first()
    if edge is None:
        return list(matching[:limit])
    found = list(matching.filter(~_up_to("document__", *edge), document__at__gte=edge[0])[:limit])
    if len(found) < limit:
        older = matching.filter(_up_to("document__", *edge))
        if pieces := _pieces(user, terms):
            older = older.filter(HasPieces("document__user_id", "document__text", "document__id", pieces=pieces))
        with _room():
            found += older[: limit - len(found)]
    return found


@contextmanager
def _room() -> Iterator[None]:
    """Let PostgreSQL remember each row that the index gives.

    Where only their pages have room, it cuts every text in them into pieces anew, which takes seconds.
    """
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL work_mem = '64MB'")
        yield


def _matching(user: User, terms: Sequence[str], filters: Filters) -> QuerySet[Message]:
    """Give the person's messages that have all terms, the newest first."""
    rows = own_messages(user).filter(*(_has("document__text", term) for term in terms))
    if filters.role:
        rows = rows.filter(role=filters.role)
    if filters.model:
        rows = rows.filter(model=filters.model)
    if filters.conversation:
        rows = rows.filter(conversation=filters.conversation)
    if filters.folder:
        rows = rows.filter(_inside(filters.folder, "conversation__folder"))
    return rows.select_related("conversation", "document").only(*SHOWN).order_by("-document__at", "-document__id")


def _within(to: str, user: User, filters: Filters, after: Cursor | None) -> Q:
    """Say which documents come into question; ``to`` leads to them."""
    within = Q(**{f"{to}user": user})
    if filters.since:
        within &= Q(**{f"{to}at__gte": filters.since})
    if filters.until:
        within &= Q(**{f"{to}at__lt": filters.until})
    if after:
        within &= _up_to(to, after.at, after.document) & ~Q(**{f"{to}id": after.document})
    return within


def _up_to(to: str, at: datetime, document: int) -> Q:
    """Say which documents are this one or come after it in the order of the hits."""
    return Q(**{f"{to}at__lte": at}) & (Q(**{f"{to}at__lt": at}) | Q(**{f"{to}id__lte": document}))


def _inside(folder: str, way: str) -> Q:
    """Say that a folder, or one in it, holds a conversation; ``way`` leads from it to its folder."""
    return Q(**{way: folder}) | Q(**{f"{way}__parent": folder})


def _has(column: str, term: str) -> GreaterThan:
    return GreaterThan(StrIndex(column, Value(term)), 0)


def _pieces(user: User, terms: Sequence[str]) -> set[str]:
    """Give what the index is asked for, nothing shorter than it has; on PostgreSQL also whose it is."""
    pieces = {piece for term in terms for piece in grams_of(term)}
    if connection.vendor == "postgresql":
        return {str(user.pk), *(piece for piece in pieces if len(piece) == GRAM or not piece.isascii())}
    return {piece for piece in pieces if len(piece) == GRAM}
