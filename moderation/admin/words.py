"""The list of words, for operators. Every change reaches every process within five seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import path

from audit.admin import AuditedAdmin, address_of
from audit.services import record
from moderation.admin.forms import ImportForm, PhraseForm, TryForm, WordForm
from moderation.admin.importing import MOST_SHOWN, take_file
from moderation.admin.progress import tell_progress, wants_progress
from moderation.folding import fold
from moderation.models import AllowedPhrase, Direction, SensitiveWord
from moderation.stream import screen
from moderation.word_files import list_warnings, write_csv, write_text
from moderation.words import note_change, word_list

if TYPE_CHECKING:
    from django import forms
    from django.db.models import Model, QuerySet
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from django.urls import URLPattern

    from moderation.importing import Progress


class ListAdmin(AuditedAdmin):
    """What entries of the list have in common: each change moves the mark of the list."""

    actions = ("enable", "disable")
    search_help_text = "A part of a word, in any spelling."

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Model], search_term: str
    ) -> tuple[QuerySet[Model], bool]:
        found, may_double = super().get_search_results(request, queryset, "")
        return found.filter(folded__contains=fold(search_term).strip()) if search_term else found, may_double

    def save_model(self, request: HttpRequest, obj: Model, form: forms.ModelForm[Any], change: bool) -> None:  # noqa: FBT001 - Django's signature
        super().save_model(request, obj, form, change)
        note_change()

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        super().delete_model(request, obj)
        note_change()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> None:
        super().delete_queryset(request, queryset)
        note_change()

    @admin.action(description="Switch on", permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet[Model]) -> None:
        self._switch(request, queryset, enabled=True)

    @admin.action(description="Switch off", permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[Model]) -> None:
        self._switch(request, queryset, enabled=False)

    def _switch(self, request: HttpRequest, queryset: QuerySet[Model], *, enabled: bool) -> None:
        count = queryset.update(enabled=enabled)
        note_change()
        self.message_user(request, f"{count:,} switched {'on' if enabled else 'off'}.", messages.SUCCESS)


@admin.register(AllowedPhrase)
class AllowedPhraseAdmin(ListAdmin):
    form = PhraseForm
    list_display = ("phrase", "enabled", "note")
    list_filter = ("enabled",)
    search_fields = ("phrase",)


@admin.register(SensitiveWord)
class SensitiveWordAdmin(ListAdmin):
    form = WordForm
    list_display = ("pattern", "action", "direction", "whole_word", "category", "language", "enabled")
    list_filter = ("enabled", "action", "direction", "whole_word", "category", "language")
    search_fields = ("pattern",)
    change_list_template = "admin/moderation/sensitiveword/list.html"

    def get_urls(self) -> list[URLPattern]:
        guard = self.admin_site.admin_view
        own = [
            path("import/", guard(self.import_words), name="moderation_sensitiveword_import"),
            path("export.<str:kind>", guard(self.export_words), name="moderation_sensitiveword_export"),
            path("try/", guard(self.try_text), name="moderation_sensitiveword_try"),
        ]
        return [*own, *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: Any, form: forms.ModelForm[Any], change: bool) -> None:  # noqa: FBT001 - Django's signature
        super().save_model(request, obj, form, change)
        for warning in list_warnings(obj):
            self.message_user(request, warning, messages.WARNING)

    def import_words(self, request: HttpRequest) -> HttpResponseBase:
        """Take a file of words, or show what it would have caught; tells how far it is to who wants to know."""
        if not (self.has_add_permission(request) and self.has_change_permission(request)):
            raise PermissionDenied
        form = ImportForm(request.POST or None, request.FILES or None)
        context: dict[str, Any] = {"title": "Import words", "form": form}
        if request.method != "POST" or not form.is_valid():
            return self._page(request, "import", context)
        file, dry_run = form.read_file(), form.cleaned_data["dry_run"]

        def work(progress: Progress) -> str:
            outcome = take_file(request, file, progress, dry_run=dry_run)
            return self._page(request, "import", {**context, **outcome}).rendered_content

        return tell_progress(work) if wants_progress(request) else HttpResponse(work(lambda *_: None))

    def export_words(self, request: HttpRequest, kind: str) -> HttpResponse:
        """Give the list as a file: CSV with all columns, or the patterns alone. Every process holds it whole, too."""
        self._require_view(request)
        record(request.user, "export", changes={"rows": "sensitive words"}, address=address_of(request))
        words = SensitiveWord.objects.iterator(chunk_size=2000)
        lines, mime = (write_csv(words), "text/csv") if kind == "csv" else (write_text(words), "text/plain")
        name = f'attachment; filename="words.{"csv" if kind == "csv" else "txt"}"'
        headers = {"Content-Disposition": name}
        return HttpResponse("".join(lines), content_type=f"{mime}; charset=utf-8", headers=headers)

    def try_text(self, request: HttpRequest) -> HttpResponse:
        """Show what the list makes of a text; nothing is recorded."""
        self._require_view(request)
        form = TryForm(request.POST or None)
        context: dict[str, Any] = {"title": "Try the list", "form": form}
        if request.method == "POST" and form.is_valid():
            word_list.refresh()
            matcher = word_list.matcher(Direction(form.cleaned_data["direction"]))
            context["allowed"], passed = screen(matcher, form.cleaned_data["text"])
            context["blocked"] = passed.blocked
            context["findings"], context["hits"] = passed.findings[:MOST_SHOWN], passed.hits
        return self._page(request, "try", context)

    def _page(self, request: HttpRequest, name: str, context: dict[str, Any]) -> TemplateResponse:
        whole = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/moderation/sensitiveword/{name}.html", whole)

    def _require_view(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied
