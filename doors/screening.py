"""The list of words at the doors: what comes in with a question, and what goes out of an answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from doors.arguments import Unwieldy, screen_arguments, screen_value
from moderation.models import Direction
from moderation.services import answer_filter, check_text
from moderation.stream import screen
from moderation.words import word_list
from providers.port import (
    Finished,
    JsonSchema,
    ReasoningDelta,
    SignedReasoning,
    TextDelta,
    ToolCall,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from accounts.models import User
    from moderation.matcher import Term
    from moderation.stream import Filter, Finding
    from providers.port import ChatMessage, ChatRequest, StreamEvent

SPEAKING = {"user", "tool"}
RECENT = 100
"""Pieces of an answer in which a word may have begun that goes on."""


@dataclass(frozen=True, slots=True)
class Screened:
    """A request as it may be passed on; the words in it that no model said, and what was found in what is new."""

    request: ChatRequest
    words: Sequence[str]
    findings: Sequence[Finding]


def screen_request(user: User, request: ChatRequest) -> Screened:
    """Look at every text that comes in; raises BlockedWords, after recording it. For a database thread.

    A conversation comes whole each time, so what is only flagged is noted where it is new: since the last answer that
    somebody spoke to. The beginning of the next one, which a program may write itself, is new. Names and signed
    thoughts cannot be masked: they pass, or all is refused.
    """
    asking = _Asking(user)
    messages = request.messages
    places = range(len(messages))
    spoken = max((place for place in places if messages[place].role in SPEAKING), default=-1)
    after = max((place for place in range(spoken) if messages[place].role == "assistant"), default=-1) + 1
    earlier = [asking.message(one) for one in messages[:after]]
    asking.findings.clear()
    new = [asking.message(one) for one in messages[after:]]
    findings = list(asking.findings)
    for tool in request.tools:
        asking.text(tool.name)
    tools = tuple(
        replace(one, description=asking.text(one.description), parameters=asking.document(one.parameters))
        for one in request.tools
    )
    wanted = request.response_format
    if isinstance(wanted, JsonSchema):
        asking.text(wanted.name)
        described = asking.text(wanted.description)
        wanted = replace(wanted, schema=asking.document(wanted.schema), description=described)
    screened = replace(request, messages=(*earlier, *new), tools=tools, response_format=wanted)
    told = [one for place, one in enumerate(screened.messages) if one.role in SPEAKING or place > spoken]
    words = [one.content for one in told if one.role != "system" and one.content.strip()]
    return Screened(screened, words, findings)


class _Asking:
    def __init__(self, user: User) -> None:
        self._user = user
        self.findings: list[Finding] = []

    def text(self, text: str) -> str:
        if not text:
            return text
        checked = check_text(self._user, text)
        self.findings += checked.findings
        return checked.text

    def message(self, message: ChatMessage) -> ChatMessage:
        for fixed in (*(call.name for call in message.tool_calls), *map(_thoughts_in, message.reasoning)):
            self.text(fixed)
        calls = tuple(
            replace(call, arguments=screen_arguments(call.arguments, self.text)) for call in message.tool_calls
        )
        return replace(message, content=self.text(message.content), tool_calls=calls)

    def document(self, document: Mapping[str, Any]) -> Mapping[str, Any]:
        screened: Mapping[str, Any] = screen_value(document, self.text)
        return screened


def _thoughts_in(signed: SignedReasoning) -> str:
    return str(signed.block.get("thinking", ""))


class AnswerScreen:
    """Lets out of an answer what may be read; where the list ends it, ``blocked`` says by what."""

    def __init__(self) -> None:
        self._words, self._thoughts = answer_filter(), answer_filter()
        self._done: list[Filter] = []
        self.blocked: Term | None = None
        self.said: list[str] = []
        self.thought: list[str] = []

    @property
    def findings(self) -> list[Finding]:
        return [one for passed in (*self._done, self._thoughts, self._words) for one in passed.findings]

    def take(self, event: StreamEvent) -> Iterator[StreamEvent]:
        """Give what may leave, now that this has come; after ``blocked`` is set, the end of the answer is the last."""
        if isinstance(event, TextDelta):
            yield from self._say(self._words.feed(event.text), self._words)
        elif isinstance(event, ReasoningDelta):
            yield from self._think(self._thoughts.feed(event.text), self._thoughts)
        elif isinstance(event, ToolCall):
            yield from self._call(event)
        elif isinstance(event, SignedReasoning):
            yield from self._sign(event)
        elif isinstance(event, Finished):
            if event.reason != "length":  # the rest of a word may come when it goes on
                yield from self._flush()
            if not self.blocked:
                yield event
        else:
            yield event

    def _sign(self, event: SignedReasoning) -> Iterator[StreamEvent]:
        """Let a signed block out after its thoughts, unless something was found in them: it cannot be masked."""
        yield from self._think(self._thoughts.finish(), self._thoughts)
        if not self._thoughts.findings and not self.blocked:
            yield event
        self._think_anew()

    def _call(self, call: ToolCall) -> Iterator[StreamEvent]:
        """Let a call out after the words before it, and look at what it is called with."""
        yield from self._flush()
        if self.blocked:
            return
        self._check(call.name)
        try:
            arguments = screen_arguments(call.arguments, self._check)
        except Unwieldy:  # as one text they were looked at
            arguments = self._check(call.arguments)
        if blocked := next((found.blocked for found in self._done if found.blocked), None):
            yield from self._end(blocked)
        else:
            self.said.append(arguments)
            yield replace(call, arguments=arguments) if arguments != call.arguments else call

    def _check(self, text: str) -> str:
        allowed, found = screen(word_list.matcher(Direction.OUTPUT), text)
        self._done.append(found)
        return allowed

    def _flush(self) -> Iterator[StreamEvent]:
        yield from self._think(self._thoughts.finish(), self._thoughts)
        if not self.blocked:
            yield from self._say(self._words.finish(), self._words)
        self._think_anew()
        self._done.append(self._words)
        self._words = answer_filter("".join(self.said[-RECENT:]))

    def _think_anew(self) -> None:
        """Go on after what has left for good: a word may have begun there."""
        self._done.append(self._thoughts)
        self._thoughts = answer_filter("".join(self.thought[-RECENT:]))

    def _say(self, text: str, passed: Filter) -> Iterator[StreamEvent]:
        if text:
            self.said.append(text)
            yield TextDelta(text)
        if passed.blocked:
            yield from self._end(passed.blocked)

    def _think(self, text: str, passed: Filter) -> Iterator[StreamEvent]:
        if text:
            self.thought.append(text)
            yield ReasoningDelta(text)
        if passed.blocked:
            yield from self._end(passed.blocked)

    def _end(self, term: Term) -> Iterator[StreamEvent]:
        self.blocked = term
        yield Finished("content_filter")
