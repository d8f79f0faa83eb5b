"""Runs replies: provider stream -> text -> frames and saved text. Owns them, whoever asked and whoever still looks.

A :class:`Run` lives in the event loop of the process that accepted the question; closing a tab changes nothing. It
tells everybody who has the conversation open (deltas at once and then each 40 to 250 ms, rendered blocks as they
close), and once a second :func:`keep_saving` saves all runs of the process. Only its run writes a reply in flight.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import Error as DatabaseError
from django.db import transaction
from django.utils import timezone

from chatproject.database import in_database
from chatproject.errors import STORAGE_AWAY, Unavailable, as_domain_error
from conversations import broadcast
from conversations.announcing import announce_end
from conversations.checkpoints import Ending, end_reply, save_checkpoints
from conversations.draft import Draft
from conversations.history import build_prompt
from conversations.models import Message, Status
from conversations.origins import claim_spot, keep_answer, repeat
from conversations.protocol import ReplyDelta, ReplyHtml, ReplyReasoning
from conversations.rendering import closed_length
from conversations.rendering.pool import get_pool
from conversations.screening import Screening
from conversations.tally import Tally, outcome_of
from conversations.text import storable, utf16_length
from conversations.thinking import Reasoning, Thinking
from moderation.services import BlockedWords, follow_list
from providers.gateway import get_gateway
from providers.port import Finished, ProviderTimeout, ReasoningDelta, SignedReasoning, StreamInterrupted, TextDelta

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Coroutine, Iterable
    from uuid import UUID

    from chatproject.errors import DomainError
    from conversations.history import Prompt
    from conversations.origins import Spot
    from conversations.questions import Turn
    from providers.port import GatewayEvent

logger = logging.getLogger(__name__)

T = TypeVar("T")

CHECKPOINT_INTERVAL = 1.0
RENDER_INTERVAL = 0.25
RENDER_GROWTH, LONG_LENGTH, LONG_GROWTH = 1.3, 8_000, 1.6
"""How much an open block grows before it is rendered again: the cost of a long one stays linear in its length."""

EAGER_LENGTH = 4_000
"""An open block shorter than this is looked at each time, so that its end is seen at once."""

SHORTEST_INTERVAL, LONGEST_INTERVAL = 0.04, 0.25
INTERVAL_PER_RUN, INTERVAL_PER_CHARACTER = 0.002, 0.0001
MAX_CHARACTERS = 500_000
STORAGE_PATIENCE = 60.0
TURN_PATIENCE = 10.0
SAVE_RETRY_DELAY = 0.5

_runs: dict[UUID, Run] = {}
_turns: set[asyncio.Task[Any]] = set()


class Run:
    """One reply being written."""

    def __init__(self, turn: Turn, reply: Message) -> None:
        self.reply = reply
        self.turn = turn
        self.conversation = turn.conversation
        self.draft = Draft(reply.content, reply.reasoning)
        self.screening = Screening(self.draft)
        self.thinking = Thinking()
        self.prompt: Prompt | None = None
        self.spot: Spot | None = None
        self.tally = Tally()
        self._first_token_ms: int | None = None
        self._ending: Ending | None = None
        self._changed = asyncio.Event()
        self._reader = asyncio.create_task(self._read())
        self.task = asyncio.create_task(self._run())

    @property
    def _group(self) -> str:
        return broadcast.conversation(self.conversation.pk)

    def end(self, status: Status, error: DomainError | None = None) -> None:
        """Close the provider's stream and end with ``status``; the text so far stays."""
        self._ending = self._ending or Ending(status, error=error)
        self._reader.cancel()

    # --- the life of a run

    async def _run(self) -> None:
        tellers = [asyncio.create_task(self._tell()), asyncio.create_task(self._render())]
        try:
            ending = await self._outcome()
        finally:
            for teller in tellers:
                teller.cancel()
            for failure in await asyncio.gather(*tellers, return_exceptions=True):
                if isinstance(failure, Exception):
                    logger.error("Reply %s was not told while it grew.", self.reply.pk, exc_info=failure)
        try:
            await self._finish(ending)
        except Message.DoesNotExist:
            pass  # removed with its conversation or its person: nobody is left to be told
        except DatabaseError:
            logger.exception("The end of reply %s is not saved; the sweep will mark it as interrupted.", self.reply.pk)
        finally:
            if _runs.get(self.reply.pk) is self:  # and not the run of a quick Continue
                del _runs[self.reply.pk]

    async def _outcome(self) -> Ending:
        try:
            return await self._reader
        except asyncio.CancelledError:
            return self._ending or Ending(Status.INTERRUPTED)
        except BlockedWords as error:
            return Ending(Status.BLOCKED, error=error)
        except (ProviderTimeout, StreamInterrupted) as error:
            return Ending(Status.INTERRUPTED if self.draft.characters else Status.FAILED, error=error)
        except Exception as error:  # noqa: BLE001 - translated in one place, which logs what is no DomainError
            return Ending(Status.FAILED, error=as_domain_error(error))

    async def _read(self) -> Ending:
        reason = ""
        async with aclosing(await self._begin()) as events:
            async for event in events:
                self.tally.note(event)
                if isinstance(event, TextDelta | ReasoningDelta):
                    self._write(event)
                    if self.draft.characters > MAX_CHARACTERS:
                        return Ending(Status.COMPLETE, finish_reason="length")
                elif isinstance(event, SignedReasoning):
                    self.thinking.sign(event.block)
                elif isinstance(event, Finished):
                    reason = event.reason
        self.screening.finish(reason)
        self._changed.set()
        return Ending(Status.COMPLETE, finish_reason=reason)

    async def _begin(self) -> AsyncGenerator[GatewayEvent, None]:
        """Begin to ask the model, or to repeat what was found; the list of words was read with the question."""
        if self.turn.found:
            return repeat(self.turn.found.text)
        self.prompt = await in_database(self._prepare)
        self.tally = Tally(self.prompt.request.messages)
        return get_gateway().stream(self.reply.model, self.prompt.request)

    def _prepare(self) -> Prompt:
        follow_list()
        prompt = build_prompt(self.reply, with_pictures=True)
        self.spot = claim_spot(self.turn.question, self.reply, prompt.request)
        return prompt

    def _write(self, event: TextDelta | ReasoningDelta) -> None:
        if self._first_token_ms is None:
            waited = timezone.now() - self.reply.created_at
            self._first_token_ms = max(0, round(waited.total_seconds() * 1000))
        if isinstance(event, TextDelta):
            self.thinking.rest()
            self.screening.say(storable(event.text))
        else:
            self.thinking.go_on()
            self.screening.think(storable(event.text))
        self._changed.set()

    # --- telling

    async def _tell(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            told = 0
            for growth, frame in ((self.draft.reasoning, ReplyReasoning), (self.draft.words, ReplyDelta)):
                if not growth.is_told:
                    offset, text = growth.delta()
                    await broadcast.send(self._group, frame(self.reply.pk, offset, text))
                    told += len(text)
            await asyncio.sleep(_pause(told))

    async def _render(self) -> None:
        pool = get_pool()
        read, enough = 0, 0.0
        while True:
            await asyncio.sleep(RENDER_INTERVAL)
            source = self.draft.open_text
            if pool.busy() or len(source) <= (read if len(source) < EAGER_LENGTH else enough):
                continue
            read = len(source)
            closed = closed_length(source)
            if closed:
                self.draft.add_blocks(source[:closed], await pool.answer(source[:closed]))
            elif len(source) <= enough:
                continue
            index, blocks, upto = self.draft.html()
            growing = source[closed:]
            sketch = await pool.answer(growing) if growing.strip() else []
            frame = ReplyHtml(self.reply.pk, index, [*blocks, *sketch], len(blocks), upto + utf16_length(growing))
            await broadcast.send(self._group, frame)
            read = len(growing)
            enough = read * (RENDER_GROWTH if read < LONG_LENGTH else LONG_GROWTH)

    # --- ending

    async def _finish(self, ending: Ending) -> None:
        text = self.draft.text
        html = "".join(await get_pool().answer(text)) if text else ""
        former = Reasoning(self.reply.reasoning, self.reply.reasoning_ms, self.reply.signed_reasoning)
        reasoning = self.thinking.add_to(former, self.draft.reasoning.text)
        reply = await self._save_ending(ending, text, html, reasoning)
        if not reply.is_streaming:  # else somebody ended it and it goes on in another run
            await announce_end(reply)

    async def _save_ending(self, ending: Ending, text: str, html: str, reasoning: Reasoning) -> Message:
        deadline = time.monotonic() + STORAGE_PATIENCE
        while True:
            try:
                return await in_database(self._end, ending, text, html, reasoning)
            except DatabaseError:
                if time.monotonic() > deadline:
                    raise
                logger.warning("The end of reply %s could not be saved yet.", self.reply.pk)
                await asyncio.sleep(SAVE_RETRY_DELAY)

    def _end(self, ending: Ending, text: str, html: str, reasoning: Reasoning) -> Message:
        """Save the end and what was found, or read how somebody else ended the reply."""
        self.tally.close(outcome_of(ending.status), ending.error.code if ending.error else "", self.draft)
        with transaction.atomic():
            is_ours = end_reply(
                self.reply.run,
                ending,
                text=text,
                html=html,
                reasoning=reasoning,
                answered_by=self.tally.model if self.draft.has_gained else "",
                usage=self.tally.usage_with(self.reply),
                omitted=self.prompt.omitted if self.prompt else 0,
                calls=self.tally.calls,
                first_token_ms=self._first_token_ms,
                citations=self.tally.citations_with(self.reply),
            )
            if is_ours:
                self.screening.record(self.reply)
        if is_ours and self.spot and self._is_for_everybody(ending):
            keep_answer(self.spot, self.reply, text, asked=(self.tally.model, self.tally.version))
        return Message.objects.select_related("conversation").get(pk=self.reply.pk)

    def _is_for_everybody(self, ending: Ending) -> bool:
        """Tell whether the answer is whole, and with nothing in it that was found."""
        return ending.status is Status.COMPLETE and ending.finish_reason == "stop" and self.screening.is_clean


def _pause(unsaved: int) -> float:
    """Seconds until the next delta: longer when many replies run, or when each delta repeats much unsaved text."""
    return min(LONGEST_INTERVAL, SHORTEST_INTERVAL + INTERVAL_PER_RUN * len(_runs) + INTERVAL_PER_CHARACTER * unsaved)


# --- all runs of this process -------------------------------------------------------------------------------------


def start(turn: Turn) -> None:
    """Write the replies of a committed turn, each in a task of this process."""
    for reply in turn.replies:
        _runs[reply.pk] = Run(turn, reply)


def stop(reply_id: UUID) -> None:
    """Stop a reply if this process writes it; otherwise nothing happens."""
    if run := _runs.get(reply_id):
        run.end(Status.STOPPED)


def running() -> int:
    return len(_runs)


def running_replies() -> frozenset[UUID]:
    return frozenset(_runs)


async def keep_saving() -> None:
    """Save every run once a second, for as long as the process lives."""
    failing_since: float | None = None
    while True:
        await asyncio.sleep(CHECKPOINT_INTERVAL)
        try:
            await save_runs()
        except DatabaseError as error:
            failing_since = failing_since or time.monotonic()
            logger.warning("Replies could not be saved (%s).", type(error).__name__)
            if time.monotonic() - failing_since > STORAGE_PATIENCE:
                _end_all(Unavailable(STORAGE_AWAY))
        else:
            failing_since = None


async def save_runs() -> None:
    """Save what every run gained, and end those that somebody stopped or ended."""
    if not _runs:
        return
    runs = list(_runs.values())
    gains = {run.reply.run: run.screening.checkpoint() for run in runs}
    wanted = await in_database(save_checkpoints, gains)
    for run in runs:
        if run.reply.run in wanted:
            run.screening.saved(gains[run.reply.run])
        if wanted.get(run.reply.run, True):
            run.end(Status.STOPPED)


def _end_all(error: DomainError | None = None) -> None:
    for run in _runs.values():
        run.end(Status.INTERRUPTED, error)


async def carry_out(turn: Coroutine[Any, Any, T]) -> T:
    """Do what must not be left half done, committing and announcing a turn, whether or not the caller stays."""
    task = asyncio.create_task(turn)
    _turns.add(task)
    task.add_done_callback(_turns.discard)
    return await asyncio.shield(task)


async def drain(seconds: float) -> None:
    """Give the running replies some time; save as interrupted what is left. New turns are refused by then."""
    await _settle(_turns, TURN_PATIENCE)
    await _settle([run.task for run in _runs.values()], seconds)
    _end_all()
    await _settle([run.task for run in _runs.values()], STORAGE_PATIENCE)


async def _settle(tasks: Iterable[asyncio.Task[Any]], seconds: float) -> None:
    if waiting := tuple(tasks):
        await asyncio.wait(waiting, timeout=seconds)
