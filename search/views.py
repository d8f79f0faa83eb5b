"""The search page, which is a form and a list, and what the palette asks while somebody types."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from conversations.choices import name_model
from conversations.selectors import own_conversations
from conversations.sidebar import browser_zone
from conversations.views import ZONE_COOKIE, AuthenticatedRequest, private
from search.forms import SearchForm
from search.selectors import Filters, list_folders, list_models, read_cursor
from search.services import look_for
from search.terms import read_terms

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest

    from accounts.models import User
    from conversations.models import Conversation
    from search.selectors import Cursor, MessageHit, TitleHit
    from search.snippets import Part

PALETTE_TITLES, PALETTE_MESSAGES = 5, 6
PALETTE_BEFORE = 20
"""Of a snippet that has one line, on a phone too."""


@require_GET
@private
def page(request: AuthenticatedRequest) -> HttpResponse:
    """Show a page of what was found, the newest first."""
    models = [(model, name_model(model)) for model in list_models(request.user)]
    folders = [(str(folder.pk), folder.name) for folder in list_folders(request.user)]
    zone = browser_zone(request.COOKIES.get(ZONE_COOKIE, ""))
    form = SearchForm(request.GET, models=models, folders=folders, zone=zone)
    query, filters = form.read()
    after = read_cursor(request.GET.get("after", ""))
    found = look_for(request.user, query, filters, after=after)
    context = {
        "form": form,
        "query": query.strip(),
        "has_terms": bool(read_terms(query)),
        "has_filters": replace(filters, conversation=None) != Filters(),
        "conversation": _find_conversation(request.user, filters),
        "found": found,
        "is_first": after is None,
        "older": _older(request, found.after),
        "zone": zone,
    }
    return render(request, "search/page.html", context)


@require_GET
@private
def palette(request: AuthenticatedRequest) -> HttpResponse:
    """Answer ``{"conversations": [...], "messages": [...]}``, each with ``url``, ``title`` and ``text`` in parts."""
    query = request.GET.get("q", "")
    found = look_for(request.user, query, limit=PALETTE_MESSAGES, titles=PALETTE_TITLES, before=PALETTE_BEFORE)
    return JsonResponse(
        {
            "conversations": [_describe_title(hit) for hit in found.titles],
            "messages": [_describe_message(hit) for hit in found.messages],
        }
    )


def _find_conversation(user: User, filters: Filters) -> Conversation | None:
    """Find the conversation to which a search is narrowed; one that is not there holds nothing."""
    return own_conversations(user).filter(pk=filters.conversation).first() if filters.conversation else None


def _older(request: HttpRequest, after: Cursor | None) -> str:
    """Give the address of the next page, or nothing."""
    kept = [(name, value) for name, value in request.GET.items() if name != "after" and value]
    return f"?{urlencode([*kept, ('after', str(after))])}" if after else ""


def _describe_title(hit: TitleHit) -> dict[str, Any]:
    return {"url": reverse("conversations:detail", args=[hit.conversation.pk]), "title": _say(hit.title), "text": []}


def _describe_message(hit: MessageHit) -> dict[str, Any]:
    return {"url": hit.url, "title": [[hit.title or _("New conversation"), False]], "text": _say(hit.snippet)}


def _say(parts: Iterable[Part]) -> list[tuple[str, bool]]:
    """Give the parts as JSON has them: each text, and whether it is a hit."""
    return [(part.text, part.is_hit) for part in parts]
