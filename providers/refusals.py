"""Options that a model does not take: left out, or replaced, once its server has said so."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from providers.faults import read_complaint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from providers.faults import Complaint, StatusError
    from providers.port import ChatRequest

_REFUSAL_STATUSES = {400, 422}

# What servers say of an option; a name alone may be a person's word that is repeated, or have a value too large.
_VERDICT = (
    r"(unsupported|unrecognized|unknown|unexpected|deprecated|extra (inputs|fields)"
    r"|(not|n't) (be )?(supported?|permitted|allowed|recognized)|may only be set|cannot both be)"
)
_CODES = {"unsupported_parameter", "unsupported_value", "unknown_parameter"}
_NEAR = r"[^\n]{0,100}?"

OWN_FIELDS = {"model", "messages", "stream", "system", "max_tokens", "max_completion_tokens"}
"""What a request decides for itself, whatever further options it carries."""

OF_ONE_VALUE = {"reasoning_effort", "effort"}
"""Options of which a model may take one value and refuse another."""


def further_options(request: ChatRequest) -> dict[str, Any]:
    """Give the further options of a request that may stand in a body."""
    return {name: value for name, value in request.options.items() if name not in OWN_FIELDS}


class RefusedOptions:
    """Remembers, for each model, which optional parameters it refused; ``replacements`` names what to try instead.

    An option that has a replacement is always sent, under one of its names. A value that is wrong teaches nothing, so
    that nobody can have an option of others left out.
    """

    def __init__(self, replacements: Mapping[str, str] | None = None) -> None:
        self._replacements = replacements or {}
        self._refused: dict[str, set[str]] = {}

    def fit(self, model: str, options: Mapping[str, Any]) -> dict[str, Any]:
        """Leave out what the model has refused, or put its replacement."""
        refused = self._refused.get(model, set())
        told: dict[str, Any] = {}
        for option, value in options.items():
            name = self._replacements.get(option, option) if _mark(option, value) in refused else option
            if _mark(name, value) not in refused:
                told[name] = value
        return told

    def learn(self, model: str, sent: Mapping[str, Any], error: StatusError) -> bool:
        """Note the option that an error refuses; True when asking again with :meth:`fit` makes a difference.

        When the replacement is refused as well, the option goes by its first name again.
        """
        if error.status_code not in _REFUSAL_STATUSES:
            return False
        complaint = read_complaint(error.body)
        option = _named(complaint, sent)
        if option is None:
            return False
        refused = self._refused.setdefault(model, set())
        if option in self._replacements.values():
            refused.difference_update(old for old, new in self._replacements.items() if new == option)
            return False
        refused.add(_mark(option, sent[option]))
        return True


def _mark(option: str, value: object) -> str:
    return f"{option}={value}" if option in OF_ONE_VALUE else option


def _named(complaint: Complaint, sent: Mapping[str, Any]) -> str | None:
    """Give the option that a complaint is about, if it is about one at all."""
    if complaint.is_of_length:
        return None
    if param := complaint.param.partition(".")[0]:
        is_refusal = complaint.code in _CODES or re.search(_VERDICT, complaint.words, re.IGNORECASE)
        return param if param in sent and is_refusal else None
    return next((name for name in sent if _is_refused(name, complaint.words)), None)


def _is_refused(option: str, words: str) -> bool:
    named = rf"\b{option}\b"
    return bool(re.search(f"{named}{_NEAR}{_VERDICT}|{_VERDICT}{_NEAR}{named}", words, re.IGNORECASE))
