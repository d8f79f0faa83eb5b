"""Reading the JSON objects that programs send: every field has its type, and what nobody knows is refused."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any, TypeVar

from chatproject.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

T = TypeVar("T")

LONGEST_REPEATED = 80
"""Characters of a field's name that are repeated to whoever sent it."""


DEEPEST = 100

MOST_VALUES = 100_000
"""Of a document that is passed on, such as a JSON Schema."""

MOST_OBJECTS = 20_000
"""Objects that are read of one request: each takes its time, and what a program needs is far less."""


class BadField(BadRequest):
    """A field is wrong; ``param`` is where it stands, such as ``messages[0].content``."""

    def __init__(self, param: str, problem: str) -> None:
        self.param = param[-LONGEST_REPEATED:]
        super().__init__(f"{self.param}: {problem}" if self.param else problem)


class Fields:
    """The fields of one object; each is read by its name, then ``done`` refuses those that nobody read.

    A field that is null is one that is not there. All of it raises BadField.
    """

    def __init__(self, told: object, path: str = "", counter: Iterator[int] | None = None) -> None:
        self.path = path
        self._counter = itertools.count(1) if counter is None else counter
        if next(self._counter) > MOST_OBJECTS:
            raise BadField(path, f"one request takes at most {MOST_OBJECTS} objects.")
        if not isinstance(told, dict):
            raise BadField(path, "an object is expected.")
        self._told: dict[str, Any] = {name: value for name, value in told.items() if value is not None}
        self._named = set(told) - set(self._told)
        self._read: set[str] = set()

    def at(self, name: str) -> str:
        """Say where a field stands."""
        return f"{self.path}.{name}" if self.path else name

    def has(self, name: str) -> bool:
        return name in self._told

    def raw(self, name: str) -> Any:
        """Give a field as it stands, or None."""
        self._read.add(name)
        return self._told.get(name)

    def ignore(self, *names: str) -> None:
        """Take fields that change nothing here."""
        self._read.update(names)

    def done(self) -> None:
        """Refuse what nobody read."""
        if unknown := sorted((set(self._told) | self._named) - self._read):
            raise BadField(self.at(unknown[0]), "this field is not known here.")

    def fail(self, name: str, problem: str) -> BadField:
        return BadField(self.at(name), problem)

    # Values of one type: None where there is none

    def text(self, name: str) -> str | None:
        return self._typed(name, str, "a string")

    def flag(self, name: str) -> bool | None:
        return self._typed(name, bool, "true or false")

    def choice(self, name: str, allowed: Collection[str]) -> str | None:
        value = self.text(name)
        if value is not None and value not in allowed:
            raise self.fail(name, f"one of {', '.join(sorted(allowed))} is expected.")
        return value

    def count(self, name: str, least: int = 0, most: int = 2**31 - 1) -> int | None:
        value = self.raw(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.fail(name, "a whole number is expected.")
        return int(self._within(name, value, least, most))

    def number(self, name: str, least: float, most: float) -> float | None:
        value = self.raw(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self.fail(name, "a number is expected.")
        return float(self._within(name, value, least, most))

    def object(self, name: str) -> Fields | None:
        value = self.raw(name)
        return None if value is None else Fields(value, self.at(name), self._counter)

    def tree(self, name: str) -> dict[str, Any] | None:
        """Give an object that is passed on as it stands, such as a JSON Schema."""
        value = self._typed(name, dict, "an object")
        if is_unwieldy(value):
            raise self.fail(name, f"this is nested deeper than {DEEPEST} levels, or has over {MOST_VALUES} values.")
        return value

    def items(self, name: str) -> list[Any] | None:
        return self._typed(name, list, "a list")

    def objects(self, name: str) -> Iterator[Fields]:
        """Give the objects of a list, each with its place in it; nothing without a list."""
        for number, one in enumerate(self.items(name) or ()):
            yield Fields(one, f"{self.at(name)}[{number}]", self._counter)

    def texts(self, name: str) -> tuple[str, ...]:
        """Give the strings of a list; nothing without one."""
        listed = self.items(name) or []
        for number, one in enumerate(listed):
            if not isinstance(one, str):
                raise self.fail(f"{name}[{number}]", "a string is expected.")
        return tuple(listed)

    def needed(self, read: Callable[[str], T | None], name: str) -> T:
        """Read a field that has to be there: ``fields.needed(fields.text, "model")``."""
        value = read(name)
        if value is None:
            raise self.fail(name, "this field is required.")
        return value

    def _typed(self, name: str, kind: type[T], what: str) -> T | None:
        value = self.raw(name)
        if value is not None and not isinstance(value, kind):
            raise self.fail(name, f"{what} is expected.")
        return value

    def _within(self, name: str, value: float, least: float, most: float) -> float:
        if not least <= value <= most:
            raise self.fail(name, f"a number from {least} to {most} is expected.")
        return value


def is_unwieldy(value: object) -> bool:
    """Tell whether a document is nested deeper, or has more values, than can be walked through."""
    level, count = [value], 0
    for _ in range(DEEPEST):
        level = [one for inner in level for one in _inside(inner)]
        count += len(level)
        if count > MOST_VALUES:
            return True
    return bool(level)


def _inside(value: object) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
