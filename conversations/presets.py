"""Presets: a model with words and settings of its own, chosen where a model is chosen, as ``preset/<id>``.

People have their own; an operator's stand beside them for everybody. Those of others do not exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chatproject.errors import BadRequest, NotFound
from chatproject.numbers import grouped
from conversations.models import PersonalInstructions, Preset
from providers.gateway import UnknownModel, get_gateway

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

    from accounts.models import User
    from conversations.models import Message
    from providers.catalogue import CatalogueEntry

PREFIX = "preset/"
MAX_PRESETS = 100
MOST_COMPARED = 4
MAX_INSTRUCTIONS = 20_000
NAME_TAKEN = gettext_lazy("There is a preset with this name already. Choose another name.")


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person chose to answer: a model (``<provider>/<name>``), perhaps through a preset."""

    model_id: str
    preset: Preset | None = None

    @property
    def id(self) -> str:
        return preset_id(self.preset) if self.preset else self.model_id


def resolve_choice(user: User, wanted: str) -> Choice:
    """Find the model that answers to ``<provider>/<name>`` or ``preset/<id>``.

    Raises UnknownModel, also for a preset of somebody else, and ProviderNotConfigured.
    """
    if not wanted.startswith(PREFIX):
        get_gateway().find_model(wanted)
        return Choice(wanted)
    preset = _find_preset(user, wanted.removeprefix(PREFIX))
    get_gateway().find_model(preset.model)
    return Choice(preset.model, preset)


def resolve_choices(user: User, wanted: str, beside: Sequence[str] = ()) -> list[Choice]:
    """Find who answers: the model that is wanted alone, or all of ``beside``, of which it is the first.

    Raises BadRequest where those are not two to four different ones, and what :func:`resolve_choice` does.
    """
    if not beside:
        return [resolve_choice(user, wanted)]
    if not 1 < len(set(beside)) == len(beside) <= MOST_COMPARED or beside[0] != wanted:
        raise BadRequest(
            _("Side by side, two to four different models can be asked, and the first of them is `model`.")
        )
    return [resolve_choice(user, one) for one in beside]


def limit_faults(entry: CatalogueEntry, *, temperature: float | None, output_tokens: int | None) -> dict[str, str]:
    """Say by name what a model does not take of these; None is the model's own."""
    faults = {}
    most = entry.largest_output or entry.context_window
    if output_tokens and output_tokens > most:
        words = _("%(model)s writes at most %(most)s tokens.")
        faults["output_tokens"] = words % {"model": entry.label, "most": grouped(most)}
    if temperature is not None and not entry.takes_temperature:
        faults["temperature"] = _("%(model)s takes no temperature. Leave this empty.") % {"model": entry.label}
    elif temperature is not None and temperature > entry.largest_temperature:
        words = _("%(model)s takes a temperature of %(most)s at most.")
        faults["temperature"] = words % {"model": entry.label, "most": number_format(entry.largest_temperature)}
    return faults


def require_room(user_id: UUID | None) -> None:
    """Raise BadRequest where somebody has as many presets as one may."""
    if Preset.objects.filter(user=user_id).count() >= MAX_PRESETS:
        raise BadRequest(
            _("You have %(most)s presets, which is the most. Delete one to make another.") % {"most": MAX_PRESETS}
        )


def list_presets(user: User) -> list[Preset]:
    """List the presets a person can choose: their own, then those for everybody, each by name."""
    usable = _usable(user).defer("instructions")
    return sorted(usable, key=lambda preset: (preset.user_id is None, preset.name.casefold()))


def list_own_presets(user: User) -> list[Preset]:
    return list(Preset.objects.filter(user=user))


def list_common_presets() -> list[Preset]:
    return list(Preset.objects.filter(user=None, enabled=True))


def get_preset(user: User, preset_id: UUID) -> Preset:
    """Return a preset that a person can choose, their own or one for everybody; raises NotFound."""
    found = _usable(user).filter(pk=preset_id).first()
    if found is None:
        raise NotFound(_("This preset is not there."))
    return found


def get_own_preset(user: User, preset_id: UUID, *, lock: bool = False) -> Preset:
    """Return a person's own preset; raises NotFound for everybody else's."""
    rows = Preset.objects.select_for_update() if lock else Preset.objects.all()
    found = rows.filter(user=user, pk=preset_id).first()
    if found is None:
        raise NotFound(_("This preset is not there."))
    return found


def own_instructions(user: User) -> str:
    """Give what a person says to the model in every new conversation."""
    found = PersonalInstructions.objects.filter(user=user).values_list("text", flat=True)
    return found.first() or ""


def preset_id(preset: Preset) -> str:
    return f"{PREFIX}{preset.pk}"


def chosen_for(reply: Message) -> str:
    """Name what was chosen for a reply, to be chosen again for the next one."""
    return f"{PREFIX}{reply.preset_id}" if reply.preset_id else reply.model


def _find_preset(user: User, key: str) -> Preset:
    unknown = UnknownModel(_("This preset is not available. Choose another one, or a model."))
    try:
        wanted = UUID(key)
    except ValueError:
        raise unknown from None
    found = _usable(user).filter(pk=wanted).first()
    if found is None:
        raise unknown
    return found


def _usable(user: User) -> QuerySet[Preset]:
    return Preset.objects.filter(Q(user=user) | Q(user=None), enabled=True)
