"""Words within JSON, looked at as they will be read: what an escape stands for is what a word is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from chatproject.errors import BadRequest
from doors.fields import is_unwieldy

if TYPE_CHECKING:
    from collections.abc import Callable


class Unwieldy(BadRequest):
    """A document is deeper or larger than anybody needs."""


def screen_arguments(arguments: str, screen: Callable[[str], str]) -> str:
    """Give the arguments of a call as ``screen`` leaves their texts, unchanged where it changes none.

    They are one text, too, and nothing else where they are no JSON. Raises Unwieldy after that where nobody could walk
    through them: neither we nor who translates them for a model.
    """
    passed = screen(arguments)
    try:
        told = orjson.loads(passed)
    except orjson.JSONDecodeError:
        return passed
    if is_unwieldy(told):
        raise Unwieldy("The arguments of a call are nested too deep, or hold too much.")
    allowed = screen_value(told, screen)
    return passed if allowed == told else orjson.dumps(allowed).decode()


def screen_value(value: Any, screen: Callable[[str], str]) -> Any:
    """Give a document as ``screen`` leaves its texts, the names of its fields among them."""
    if isinstance(value, str):
        return screen(value)
    if isinstance(value, dict):
        return {screen(name): screen_value(one, screen) for name, one in value.items()}
    return [screen_value(one, screen) for one in value] if isinstance(value, list) else value
