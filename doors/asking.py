"""One question of a program: let in, checked, reserved, asked, screened, and settled, whatever happens to it.

::

    async with Asking(exchange.secret(), question, note=exchange.note_limits) as asking:   # raises DomainErrors
        async for event in asking.events():                     # the port's events, of one call, screened
            ...
    # here what it used is in the ledger, also where the client is gone, the provider failed or the process stops

Nothing is stored but the record of its use, unless ``Question.keep`` does. A disconnect ends the provider's call.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import orjson
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import transaction
from uuid_utils.compat import uuid7

from accounts import limits
from accounts.tokens import Scope, find_bearer
from chatproject.database import in_database
from chatproject.errors import as_domain_error
from doors import running
from doors.holding import while_it_holds
from doors.http import Unauthorized
from doors.judging import unjudged
from doors.naming import catch_up, find_model
from doors.pictures import has_pictures, read_pictures
from doors.screening import AnswerScreen, Screened, screen_request
from moderation import opinion
from moderation.models import Direction
from moderation.services import answer_blocked, record_incidents
from providers.gateway import get_gateway
from providers.models import Outcome, Purpose
from providers.money.account import Account
from providers.money.ledger import reserve, settle
from providers.port import CallBegun, CallFailed, ChatMessage, Finished, ProviderTimeout, StreamInterrupted
from providers.tokens import estimate_prompt_tokens, estimate_tokens

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
    from types import TracebackType
    from uuid import UUID

    from accounts.limits import Allowance
    from accounts.models import User
    from accounts.tokens import Bearer
    from chatproject.errors import DomainError
    from providers.catalogue import CatalogueEntry
    from providers.money.ledger import Settled
    from providers.port import ChatRequest, ModelKind, StreamEvent, Usage

logger = logging.getLogger(__name__)

RETRY_DELAY = 0.5


@dataclass(frozen=True, slots=True)
class Question:
    """What a program asks; ``model`` is as it names it, and ``request.model`` is not looked at.

    ``keep`` is awaited with the Asking that has ended, once what it used is in the ledger.
    """

    model: str
    request: ChatRequest
    keep: Callable[[Asking, Settled], Awaitable[None]] | None = None
    kind: ModelKind = "chat"


def require_bearer(secret: str, *scopes: Scope) -> Bearer:
    """Find whose token this is, for a database thread; raises Unauthorized, and Forbidden where no scope is right."""
    bearer = find_bearer(secret)
    if bearer is None:
        raise Unauthorized("This token is not valid. It may have been revoked, or have expired.")
    bearer.require(*scopes)
    return bearer


def count_message(user: User, note: Callable[[Allowance], None]) -> None:
    """Count one use of a model, and note what is left; raises TooManyRequests."""
    which = limits.MESSAGES, user.pk, settings.RATE_LIMIT_MESSAGES
    decision = limits.hit(*which)
    note(limits.left(decision, *which))
    if not decision.allowed:
        raise limits.too_many(decision.retry_after)


class Asking:
    """See the module. ``entry`` is the model that was asked for; how it ended is known at the end.

    ``said`` are the messages as they may be read, without what operators tell the model.
    """

    entry: CatalogueEntry
    user: User
    screened: Screened
    said: tuple[ChatMessage, ...]

    def __init__(self, secret: str, question: Question, *, note: Callable[[Allowance], None]) -> None:
        self.subject: UUID = uuid7()
        self.screen = AnswerScreen()
        self.account = Account()
        self.outcome = Outcome.STOPPED
        """Until the answer has ended by itself: whoever reads no further has stopped it."""
        self.finish_reason = ""
        self.failure: DomainError | None = None
        self.created = int(time.time())
        self._secret, self._question, self._note = secret, question, note
        self._has_place = self._is_open = False

    @property
    def model(self) -> str:
        """Who answers: the model that was asked for, or its fallback."""
        return self.account.model or self.entry.id

    @property
    def usage(self) -> Usage | None:
        """What the answer used, as the provider counted it or as we guess; known at the end."""
        return self.account.calls[-1].usage if self.account.calls else None

    # Before the call

    async def __aenter__(self) -> Self:
        await catch_up(self._question.model, self._question.kind)
        admission = running.settle(self._admit())
        try:
            await asyncio.shield(admission)
        except BaseException:
            running.settle(self._give_up(admission))
            raise
        return self

    async def _give_up(self, admission: asyncio.Task[None]) -> None:
        await asyncio.wait((admission,))
        await self._settle()

    async def _admit(self) -> None:
        """Let the question in: in one unit of work, where nothing has to be waited for in between."""
        if not opinion.is_wanted() and not has_pictures(self._question.request):
            await in_database(self._check_and_open)
            return
        await in_database(self._check)
        if opinion.is_wanted():
            await self._require_no_objection(unjudged.among(self.screened.words))
        request = await read_pictures(self.screened.request, self.entry, owner=self.user.pk)
        self.screened = replace(self.screened, request=request)
        await in_database(self._open)

    async def _require_no_objection(self, texts: Sequence[str]) -> None:
        if not texts:
            return
        words = "\n\n".join(texts)
        if verdict := await opinion.find_objection(words, person_id=self.user.pk):
            await in_database(opinion.record_objected_message, verdict, person_id=self.user.pk, text=words)
            raise opinion.objection(verdict)
        unjudged.passed(texts)

    def _check_and_open(self) -> None:
        self._check()
        self._open()

    def _check(self) -> None:
        self.user = require_bearer(self._secret, Scope.CHAT).user
        self.entry = find_model(self._question.model, self._question.kind)
        count_message(self.user, self._note)
        running.places.take(self.user.pk)
        self._has_place = True
        self.screened = screen_request(self.user, self._question.request)
        self.said = self.screened.request.messages
        request = _with_instructions(self.screened.request, self.entry.instructions)
        self.screened = replace(self.screened, request=replace(request, model=self.entry.name))

    def _open(self) -> None:
        request = self.screened.request
        self.account = Account(request.messages)
        with transaction.atomic():
            record_incidents(self.user.pk, self.screened.findings, Direction.INPUT)
            reserve(
                self.user.pk,
                purpose=Purpose.API,
                subject=self.subject,
                model=self.entry.id,
                estimate=lambda: (estimate_request(request), request.max_output_tokens),
            )
        self._is_open = True

    # The call

    async def events(self) -> AsyncGenerator[StreamEvent, None]:
        """Stream the answer; raises ProviderErrors, and Unauthorized. What the list of words ends is Finished, too."""
        note, take = self.account.note, self.screen.take
        stream = get_gateway().stream(self.entry.id, self.screened.request)
        async with while_it_holds(self._secret), aclosing(stream) as events:
            async for event in events:
                note(event)
                if isinstance(event, CallBegun | CallFailed):
                    continue
                if isinstance(event, Finished):
                    self.finish_reason = event.reason
                for told in take(event):
                    yield told
                if self.screen.blocked:
                    return
        self.outcome = Outcome.COMPLETE

    # After the call

    async def __aexit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.failure = answer_blocked(self.screen.blocked) if self.screen.blocked else None
        if isinstance(error, Exception):
            self.failure = as_domain_error(error)
            is_cut = isinstance(error, ProviderTimeout | StreamInterrupted) and self.screen.said
            self.outcome = Outcome.INTERRUPTED if is_cut else Outcome.FAILED
        await asyncio.shield(running.settle(self._settle()))

    async def _settle(self) -> None:
        """Free the place, and write down what was used, as soon as the database takes it."""
        if self._has_place:
            running.places.leave(self.user.pk)
        if not self._is_open:
            return
        said, thought = "".join(self.screen.said), "".join(self.screen.thought)
        self.account.end(self.outcome, self.failure.code if self.failure else "", said=said, thought=thought)
        deadline = time.monotonic() + running.SETTLING_SECONDS
        while True:
            try:
                settled = await in_database(self._write_down)
                break
            except DatabaseError:
                if time.monotonic() > deadline:
                    logger.exception(
                        "What question %s used is not in the ledger; it counts as abandoned.", self.subject
                    )
                    return
                await asyncio.sleep(RETRY_DELAY)
        if self._question.keep and self.account.calls:
            await self._question.keep(self, settled)
        if said.strip() and opinion.is_wanted():
            running.settle(self._look_at(said))

    def _write_down(self) -> Settled:
        with transaction.atomic():
            record_incidents(self.user.pk, self.screen.findings, Direction.OUTPUT, self.subject)
            return settle(self.subject, self.account.calls)

    async def _look_at(self, said: str) -> None:
        """Ask for an opinion about the answer, once it is told; nobody waits for it."""
        try:
            if verdict := await opinion.find_objection(said):
                record = opinion.record_objected_answer
                await in_database(record, verdict, person_id=self.user.pk, text=said, subject=self.subject)
        except opinion.Unchecked:
            logger.warning("The answer to question %s ended without a second opinion.", self.subject)
        except Exception as error:  # noqa: BLE001 - translated in one place, which logs it; the answer stands
            as_domain_error(error)


def _with_instructions(request: ChatRequest, instructions: str) -> ChatRequest:
    """Put what operators tell a model before all else, in one message: some models take no second one."""
    if not instructions.strip():
        return request
    first, *rest = request.messages
    if first.role == "system":
        return replace(request, messages=(replace(first, content=f"{instructions}\n\n{first.content}"), *rest))
    return replace(request, messages=(ChatMessage("system", instructions), *request.messages))


def estimate_request(request: ChatRequest) -> int:
    """Guess the tokens of a request, the tools that it offers included."""
    offered = [
        {"name": one.name, "description": one.description, "parameters": one.parameters} for one in request.tools
    ]
    tools = estimate_tokens(orjson.dumps(offered).decode()) if offered else 0
    return estimate_prompt_tokens(request.messages) + tools
