"""OpenAI's moderations: a text is objected to where it says so, as in ``[[objection:violence]]``."""

from __future__ import annotations

import re
from typing import Any

OPINIONS = "/v1/moderations"
CATEGORIES = ("harassment", "hate", "hate/threatening", "self-harm", "sexual", "violence")
_OBJECTION = re.compile(r"\[\[objection:([a-z/-]+)\]\]")


def texts_of(body: dict[str, Any]) -> list[str]:
    told = body.get("input", "")
    return [str(one) for one in told] if isinstance(told, list) else [str(told)]


def verdicts(model: str, texts: list[str]) -> dict[str, Any]:
    return {"id": "modr-1", "model": model, "results": [_verdict(set(_OBJECTION.findall(text))) for text in texts]}


def _verdict(found: set[str]) -> dict[str, Any]:
    return {
        "flagged": bool(found),
        "categories": {name: name in found for name in CATEGORIES},
        "category_scores": {name: 0.9 if name in found else 0.01 for name in CATEGORIES},
    }
