"""What a call to the fake provider does, how it is written in a directive, and what the answer says."""

from __future__ import annotations

import itertools
import re
import shlex
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_DIRECTIVE = re.compile(r"\[\[fake:(.*?)\]\]", re.DOTALL)


@dataclass(frozen=True)
class Behaviour:
    """One call's script. Seconds are floats; positions count characters of answer text sent before."""

    # What is said
    text: str | None = None
    """The answer; without it the question is echoed."""
    chars: int | None = None
    """An answer of exactly so many characters of :func:`filler`."""
    endless: bool = False
    reasoning: int = 0
    """So many characters of reasoning come first; the Anthropic wire signs it."""
    thoughts: str | None = None
    """The reasoning, in these words."""
    redacted: bool = False
    """Anthropic wire: a block of reasoning that nobody can read follows."""
    reasoning_field: str = "reasoning_content"
    """OpenAI wire only: the name of the delta's field."""
    refusal: bool = False
    """OpenAI wire: the answer comes as a refusal. (The other wire has ``finish=refusal`` for it.)"""
    tools: tuple[str, ...] = ()
    """The answer ends with a call of each of these tools."""
    arguments: str = '{"query": "Zug 7"}'
    """What each tool is called with."""
    pages: tuple[str, ...] = ()
    """The answer draws on these addresses, the wire says at its end."""
    finish: str | None = None
    """The finish or stop reason, in the words of the wire; without it the usual one."""

    stop_sequence: str | None = None
    """Anthropic wire: the text of ``stop_sequences`` that ended the answer."""
    only_floats: bool = False
    """Embeddings come as lists of numbers, whatever was asked for."""

    # How fast
    chunk: int = 12
    """Characters in one event."""
    delay: float = 0.0
    """Seconds between two events."""
    headers_delay: float = 0.0
    """Seconds before the status line."""
    first_delay: float = 0.0
    """Seconds between the headers and the first event."""
    write_size: int = 0
    """At most so many bytes per TCP write, wherever that falls in UTF-8; 0 writes each event whole."""

    # How it fails
    status: int = 200
    retry_after: str | None = None
    message: str | None = None
    """The words of the error body."""
    error_type: str | None = None
    error_code: str | None = None
    error_param: str | None = None
    detail: bool = False
    """OpenAI wire: the error body is ``{"detail": "..."}``, as servers made with FastAPI send it."""
    context_too_long: bool = False
    """A 400 in the words of the wire for a conversation that does not fit."""
    refuse: tuple[str, ...] = ()
    """Options that are answered with a 400 naming them: ``temperature``, ``stream_options``,
    ``stream_options.include_obfuscation`` ... (in a directive separated by commas)."""
    redirect: str | None = None
    """A 307 to this URL."""
    html: bool = False
    """A web page with status 200 instead of a stream."""
    not_json: bool = False
    """A body that is no JSON, where JSON is due (lists, errors)."""
    cut: int | None = None
    """The body ends cleanly here, without finish reason and terminator."""
    drop: int | None = None
    """The connection is closed here, in the middle of the body."""
    reset: int | None = None
    """The connection is reset (RST) here."""
    hang: int | None = None
    """Nothing more comes from here on; the connection stays open."""
    pings: bool = False
    """Keep-alives, ``delay`` apart, for ever instead of an answer, or while it hangs."""
    error_at: int | None = None
    """An error event inside the stream; ``error_type`` and ``message`` say which."""
    hangs_up: bool = False
    """The connection is closed instead of an answer."""
    goes_dead: bool = False
    """The connection is kept, but answers nothing more: the next request on it is met with a close."""

    # How the stream looks
    crlf: bool = False
    nospace: bool = False
    """``data:{...}`` without the space."""
    multiline: bool = False
    """Each JSON document is spread over several ``data:`` lines."""
    comments: bool = False
    """A comment before every event."""
    bad_json: int = 0
    """So many lines that are no JSON, after the first text."""
    long_line: int = 0
    """One valid event of so many bytes, after the first text."""
    unknown_events: bool = False
    """Events and shapes that nobody knows, after the first text."""
    empty_choices: bool = False
    """OpenAI wire: opens with ``choices: []``."""
    empty_deltas: bool = False
    duplicate_finish: bool = False
    late: bool = False
    """More text after the end."""
    no_finish: bool = False
    """The terminator comes, the finish reason does not; the OpenAI wire has no field for it then."""
    no_done: bool = False
    """The finish reason comes, the terminator (``[DONE]``, ``message_stop``) does not."""
    usage: str = "asked"
    """``asked`` (OpenAI: only with ``include_usage``), ``always``, ``missing``, ``null``, or ``nonsense``."""
    prompt_tokens: int | None = None
    """What the usage says of the prompt; without it what the texts come to, by the rule of ``providers.tokens``."""
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    """So many of the prompt's tokens were read from, and written to, a cache."""
    completion_tokens: int | None = None
    reasoning_tokens: int | None = None
    """What the usage says of reasoning, also of such that is not shown."""
    raw: tuple[bytes | float, ...] = ()
    """The body, as it stands, one TCP write each; numbers are seconds to wait. In-process only."""


def parse_directive(words: str) -> Behaviour:
    """Read ``chars=5000 delay=0.02 crlf``; raises ValueError for names and values it does not know."""
    return from_mapping(dict(_pair(word) for word in shlex.split(words)))


def from_mapping(values: dict[str, Any], base: Behaviour | None = None) -> Behaviour:
    kinds = {field.name: str(field.type) for field in fields(Behaviour)}
    unknown = values.keys() - kinds.keys()
    if unknown:
        raise ValueError(f"the fake provider knows no {', '.join(sorted(unknown))}")
    read = {name: _convert(kinds[name], value) for name, value in values.items()}
    return replace(base or Behaviour(), **read)


def find_directive(text: str) -> dict[str, Any] | None:
    found = _DIRECTIVE.search(text)
    return None if found is None else dict(_pair(word) for word in shlex.split(found.group(1)))


def _pair(word: str) -> tuple[str, Any]:
    name, equals, value = word.partition("=")
    return name, (value if equals else True)


def _convert(kind: str, value: Any) -> Any:
    if not isinstance(value, str):
        return tuple(value) if isinstance(value, list) else value
    if kind.startswith("int"):
        return int(value)
    if kind.startswith("float"):
        return float(value)
    if kind.startswith("bool"):
        return value.lower() in {"1", "true", "yes"}
    return tuple(value.split(",")) if kind.startswith("tuple") else value


PRESETS: dict[str, dict[str, Any]] = {
    "fake-echo": {},
    "fake-slow": {"delay": 0.2},
    "fake-long": {"chars": 100_000, "chunk": 40, "delay": 0.005},
    "fake-endless": {"endless": True},
    "fake-reasoning": {"reasoning": 200},
    "fake-cut": {"chars": 400, "cut": 200},
    "fake-hang": {"hang": 0},
    "fake-401": {"status": 401},
    "fake-429": {"status": 429, "retry_after": "2"},
    "fake-503": {"status": 503},
}
"""Model name -> behaviour, over the default."""


def answer_to(question: str) -> str:
    """Give the text that a call with this last user message is answered with when nothing cuts it."""
    told = find_directive(question)
    return answer_text(from_mapping(told) if told else Behaviour(), question)


def thoughts_of(behaviour: Behaviour) -> str:
    return filler(behaviour.reasoning) if behaviour.thoughts is None else behaviour.thoughts


def answer_text(behaviour: Behaviour, question: str) -> str:
    if behaviour.text is not None:
        return behaviour.text
    if behaviour.chars is not None:
        return filler(behaviour.chars)
    return _echo(_DIRECTIVE.sub("", question).strip())


def pieces(behaviour: Behaviour, question: str) -> Iterator[str]:
    """Split the answer into the texts of its events."""
    if behaviour.endless:
        return ("".join(part) for part in _batched(_endless(), behaviour.chunk))
    text = answer_text(behaviour, question)
    return (text[start : start + behaviour.chunk] for start in range(0, len(text), behaviour.chunk))


def filler(chars: int) -> str:
    """Markdown prose of exactly ``chars`` characters; every sentence carries its number."""
    return "".join(itertools.islice(_endless(), chars))


def _endless() -> Iterator[str]:
    for number in itertools.count(1):
        yield from f"Sentence {number} of the answer is **here** and nowhere else."
        yield from "\n\n" if number % 5 == 0 else " "


def _batched(characters: Iterator[str], size: int) -> Iterator[list[str]]:
    while True:
        yield list(itertools.islice(characters, size))


def _echo(question: str) -> str:
    quoted = "\n".join(f"> {line}" for line in question.splitlines() or [""])
    return (
        f"You wrote:\n\n{quoted}\n\n"
        "This answer comes from the **fake provider**. It knows nothing, but it is well formed:\n\n"
        "1. a list with two points,\n2. of which this is the second,\n\n"
        '```python\nprint("and a block of code")\n```\n\n'
        "and a last sentence, so that the end is easy to see. — Ende ✓"
    )
