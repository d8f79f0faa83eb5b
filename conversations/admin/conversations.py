"""Whose conversations there are, without a word of them; reading one takes a right of its own, and a reason."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from accounts.models import User
from audit.admin import AuditedAdmin, address_of
from conversations.models import Conversation
from conversations.rating import sum_ratings
from conversations.reading import LONGEST_REASON, READ, SAY_WHY, find_conversation_of, read_conversation, says_something

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern


DAYS_OF_RATINGS = 30


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="Why do you need to read it?",
        max_length=LONGEST_REASON,
        widget=forms.TextInput(attrs={"class": "vTextField", "autofocus": True}),
        help_text="It is kept in the audit log, with your name, for ever.",
    )

    def clean_reason(self) -> str:
        reason: str = self.cleaned_data["reason"]
        if not says_something(reason):
            raise forms.ValidationError(SAY_WHY)
        return reason


@admin.register(Conversation)
class ConversationAdmin(AuditedAdmin):
    fields = ("id", "user", "model", "created_at", "updated_at", "deleted_at")
    list_display = ("id", "user", "model", "created_at", "updated_at")
    list_filter = ("updated_at",)
    list_select_related = ("user",)
    change_list_template = "admin/conversations/conversation/list.html"
    change_form_template = "admin/conversations/conversation/change.html"
    search_fields = ("id",)
    search_help_text = "A person's whole email address, or the id of a conversation or of a message."

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        return False

    def has_change_permission(self, request: HttpRequest, obj: Conversation | None = None) -> bool:  # noqa: ARG002 - likewise
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Conversation | None = None) -> bool:  # noqa: ARG002 - likewise
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversation]:
        return super().get_queryset(request).defer("title", "instructions")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Conversation], search_term: str
    ) -> tuple[QuerySet[Conversation], bool]:
        """Look up what has an index: words are not searched."""
        term = search_term.strip()
        if not term:
            return super().get_search_results(request, queryset, "")
        try:
            wanted = UUID(term)
        except ValueError:
            return queryset.filter(user__email=term), False
        return queryset.filter(pk__in=[wanted, find_conversation_of(wanted) or wanted]), False

    def get_urls(self) -> list[URLPattern]:
        guard = self.admin_site.admin_view
        own = [
            path("ratings/", guard(self.ratings), name="conversations_conversation_ratings"),
            path("<uuid:conversation_id>/read/", guard(self.read), name="conversations_conversation_read"),
            path("of/<uuid:message_id>/", guard(self.find), name="conversations_conversation_of"),
        ]
        return [*own, *super().get_urls()]

    def ratings(self, request: HttpRequest) -> HttpResponse:
        """Show how answers were rated of late: sums by model, and no words."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = sum_ratings(timezone.now() - timedelta(days=DAYS_OF_RATINGS))
        context = {"title": "Ratings", "opts": self.opts, "ratings": found, "days": DAYS_OF_RATINGS}
        page = {**self.admin_site.each_context(request), **context}
        return TemplateResponse(request, "admin/conversations/conversation/ratings.html", page)

    def find(self, request: HttpRequest, message_id: UUID) -> HttpResponse:
        """Lead from a message to its conversation."""
        _reader(request)
        conversation = find_conversation_of(message_id)
        if conversation is None:
            raise Http404
        address = reverse("admin:conversations_conversation_read", args=[conversation])
        return redirect(f"{address}?message={message_id}")

    def read(self, request: HttpRequest, conversation_id: UUID) -> HttpResponse:
        """Ask for the reason, and answer with the words: each look is a post, and an entry in the audit log."""
        reader = _reader(request)
        conversation = get_object_or_404(self.get_queryset(request).select_related("user"), pk=conversation_id)
        form = ReasonForm(request.POST or None)
        context: dict[str, Any] = {"title": "Read a conversation", "form": form, "conversation": conversation}
        if request.method == "POST" and form.is_valid():
            context["reading"] = read_conversation(
                reader, conversation_id, reason=form.cleaned_data["reason"], address=address_of(request)
            )
        context |= {"opts": self.opts, "marked": request.GET.get("message", "")}
        page = {**self.admin_site.each_context(request), **context}
        return TemplateResponse(request, "admin/conversations/conversation/read.html", page)


def _reader(request: HttpRequest) -> User:
    if not isinstance(request.user, User) or not request.user.has_perm(READ):
        raise PermissionDenied
    return request.user
