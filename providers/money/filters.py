"""Which part of the ledger operators look at."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from chatproject.errors import BadRequest
from providers.models import Purpose

if TYPE_CHECKING:
    from collections.abc import Mapping

_NUMBER = re.compile("[0-9]{1,9}")
LONGEST = 300


@dataclass(frozen=True, slots=True)
class UsageFilters:
    """Each empty where everything is meant; ``person`` is an email address, ``key`` the number of a key's row."""

    person: str = ""
    model: str = ""
    key: str = ""
    purpose: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> UsageFilters:
        """Read the filters of an address; raises BadRequest."""
        filters = cls(**{name: query.get(name, "").strip()[:LONGEST] for name in cls.__slots__})
        if filters.key and not _NUMBER.fullmatch(filters.key):
            raise BadRequest("This is not the number of a key.")
        if filters.purpose and filters.purpose not in Purpose:
            raise BadRequest("This is no purpose of a call.")
        return filters

    @property
    def lookups(self) -> dict[str, Any]:
        """As the arguments of a query over the ledger."""
        found = {
            "user__email__iexact": self.person,
            "model": self.model,
            "key": self.key,
            "purpose": self.purpose,
        }
        return {lookup: value for lookup, value in found.items() if value}

    @property
    def query(self) -> str:
        """As the end of an address, from the ``&`` on."""
        given = {name: value for name, value in asdict(self).items() if value}
        return f"&{urlencode(given)}" if given else ""

    @property
    def purposes(self) -> list[tuple[str, str]]:
        return [(purpose.value, str(purpose.label)) for purpose in Purpose]
