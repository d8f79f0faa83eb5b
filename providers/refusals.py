"""Options that a model does not take: left out, or replaced, once its server has said so."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from providers.faults import read_complaint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from providers.faults import StatusError
    from providers.port import ChatRequest

_REFUSAL_STATUSES = {400, 422}

OWN_FIELDS = {"model", "messages", "stream", "system", "max_tokens", "max_completion_tokens"}
"""What a request decides for itself, whatever further options it carries."""


def further_options(request: ChatRequest) -> dict[str, Any]:
    """Give the further options of a request that may stand in a body."""
    return {name: value for name, value in request.options.items() if name not in OWN_FIELDS}


class RefusedOptions:
    """Remembers, for each model, which optional parameters it refused; ``replacements`` names what to try instead."""

    def __init__(self, replacements: Mapping[str, str] | None = None) -> None:
        self._replacements = replacements or {}
        self._refused: dict[str, set[str]] = {}

    def fit(self, model: str, options: Mapping[str, Any]) -> dict[str, Any]:
        """Leave out what the model has refused, or put its replacement."""
        refused = self._refused.get(model, set())
        names = {name: self._replacements.get(name, name) if name in refused else name for name in options}
        return {new: options[old] for old, new in names.items() if new not in refused}

    def learn(self, model: str, sent: Mapping[str, Any], error: StatusError) -> bool:
        """Note the option that an error names; True when asking again with :meth:`fit` makes a difference."""
        if error.status_code not in _REFUSAL_STATUSES:
            return False
        complaint = read_complaint(error.body)
        param = complaint.param.partition(".")[0]
        named = [name for name in sent if name == param]
        if not param:
            named = [name for name in sent if re.search(rf"\b{name}\b", complaint.words)]
        self._refused.setdefault(model, set()).update(named[:1])
        return bool(named)
