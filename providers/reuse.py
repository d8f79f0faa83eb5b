"""Whether, and for how long, a model's answers may be given again."""

from __future__ import annotations

from dataclasses import dataclass

from providers.models import LanguageModel

SECONDS_PER_HOUR = 3600
USUAL_REUSE, LONGEST_REUSE = 24, 24 * 366
"""Hours."""


@dataclass(frozen=True, slots=True)
class Reuse:
    """``version`` is another one whenever the model, or where it is asked, was changed in any way."""

    version: str
    seconds: int


def find_reuse(model_id: str) -> Reuse | None:
    """Tell how the answers of ``<provider>/<name>`` are reused at this moment; None where they are not.

    It is read from the database: the catalogue in memory may be two seconds old, and a change has to count at once.
    """
    slug, _, name = model_id.partition("/")
    wanted = {"provider__slug": slug, "provider__enabled": True, "name": name, "enabled": True, "reuses_answers": True}
    rows = LanguageModel.objects.filter(**wanted)
    row = rows.values_list("mark", "reuse_hours", "provider__kind", "provider__base_url").first()
    if row is None:
        return None
    mark, hours, kind, address = row
    return Reuse(f"{mark} {kind} {address}", hours * SECONDS_PER_HOUR)
