"""Whether, and for how long, a model's answers may be given again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from providers.models import LanguageModel

if TYPE_CHECKING:
    from providers.catalogue import CatalogueEntry

SECONDS_PER_HOUR = 3600
USUAL_REUSE, LONGEST_REUSE = 24, 24 * 366
"""Hours."""


def find_reuse(entry: CatalogueEntry) -> int | None:
    """Tell for how many seconds the answers of a model are reused at this moment; None where they are not.

    It is read from the database: the catalogue in memory may be two seconds old, and a change has to count at once.
    While it is behind, nothing is reused: what it would ask now is not what will be asked from the next moment on.
    """
    wanted = {"provider__slug": entry.provider_id, "provider__enabled": True, "enabled": True, "reuses_answers": True}
    rows = LanguageModel.objects.filter(name=entry.name, mark=entry.mark, **wanted)
    row = rows.values_list("reuse_hours", "provider__kind", "provider__base_url").first()
    if row is None:
        return None
    hours, kind, address = row
    return hours * SECONDS_PER_HOUR if f"{kind} {address}" == entry.server else None
