"""The sections of the settings that are about models: what is said to them, presets, and what there is and costs."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from conversations.choices import can_be_asked, name_model
from conversations.models import PersonalInstructions
from conversations.preset_forms import InstructionsForm, OwnPresetForm
from conversations.presets import NAME_TAKEN, get_own_preset, list_common_presets, list_own_presets, own_instructions
from conversations.views import private
from providers.gateway import get_gateway

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from conversations.models import Preset
    from conversations.views import AuthenticatedRequest


class _ShownPreset:
    """A preset as the list shows it."""

    def __init__(self, preset: Preset) -> None:
        self.preset = preset
        self.model = name_model(preset.model)
        self.can_be_asked = can_be_asked(preset.model)


@require_GET
@private
def catalogue(request: AuthenticatedRequest) -> HttpResponse:
    gateway = get_gateway()
    gateway.ensure_fresh()
    default = gateway.default_model()
    context = {"section": "models", "providers": gateway.list_providers(), "default": default and default.id}
    return render(request, "conversations/settings/models.html", context)


@require_http_methods(["GET", "POST"])
@private
def instructions(request: AuthenticatedRequest) -> HttpResponse:
    form = InstructionsForm(request.POST or None, user=request.user, initial={"text": own_instructions(request.user)})
    if request.method == "POST" and form.is_valid():
        said = {"text": form.cleaned_data["text"]}
        PersonalInstructions.objects.update_or_create(user=request.user, defaults=said)
        messages.success(request, _("Your instructions are saved. They hold for new conversations."))
        return redirect("conversations:instructions")
    page = render(request, "conversations/settings/instructions.html", {"section": "instructions", "form": form})
    return _with_pause(page, form.retry_after)


@require_GET
@private
def presets(request: AuthenticatedRequest) -> HttpResponse:
    context = {
        "section": "presets",
        "own": [_ShownPreset(preset) for preset in list_own_presets(request.user)],
        "common": [_ShownPreset(preset) for preset in list_common_presets()],
    }
    return render(request, "conversations/settings/presets.html", context)


@require_http_methods(["GET", "POST"])
@private
def new_preset(request: AuthenticatedRequest) -> HttpResponse:
    return _edit(request, None)


@require_http_methods(["GET", "POST"])
@private
def preset(request: AuthenticatedRequest, preset_id: UUID) -> HttpResponse:
    return _edit(request, get_own_preset(request.user, preset_id))


@require_http_methods(["GET", "POST"])
@private
def delete_preset(request: AuthenticatedRequest, preset_id: UUID) -> HttpResponse:
    found = get_own_preset(request.user, preset_id)
    if request.method == "GET":
        return render(request, "conversations/settings/delete_preset.html", {"section": "presets", "preset": found})
    found.delete()
    messages.success(request, _("The preset %(name)s is deleted.") % {"name": found.name})
    return redirect("conversations:presets")


def _edit(request: AuthenticatedRequest, found: Preset | None) -> HttpResponse:
    form = OwnPresetForm(request.POST or None, instance=found, user=request.user)
    if request.method == "POST" and form.is_valid() and _is_saved(form):
        messages.success(request, _("The preset %(name)s is saved.") % {"name": form.instance.name})
        return redirect("conversations:presets")
    context = {"section": "presets", "form": form, "preset": found}
    return _with_pause(render(request, "conversations/settings/preset.html", context), form.retry_after)


def _with_pause(page: HttpResponse, seconds: int) -> HttpResponse:
    if seconds:
        page.status_code = HTTPStatus.TOO_MANY_REQUESTS
        page["Retry-After"] = str(seconds)
    return page


def _is_saved(form: OwnPresetForm) -> bool:
    """Save; False when the same name came in at the same moment."""
    try:
        with transaction.atomic():
            form.save()
    except IntegrityError:
        form.add_error("name", NAME_TAKEN)
        return False
    return True
