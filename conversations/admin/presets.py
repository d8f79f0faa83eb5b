"""Presets for everybody. Those of people are theirs alone, and nothing of what they say is shown here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin

from audit.admin import AuditedAdmin
from conversations.choices import name_model
from conversations.models import Preset
from conversations.preset_forms import PresetForm

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest


class CommonPresetForm(PresetForm):
    class Meta(PresetForm.Meta):
        fields = (*PresetForm.Meta.fields, "enabled")


@admin.register(Preset)
class PresetAdmin(AuditedAdmin):
    form = CommonPresetForm
    list_display = ("name", "model_name", "temperature", "output_tokens", "enabled")
    list_filter = ("enabled",)
    search_fields = ("name", "model")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Preset]:
        return super().get_queryset(request).filter(user=None)

    @admin.display(description="model", ordering="model")
    def model_name(self, preset: Preset) -> str:
        return name_model(preset.model)
