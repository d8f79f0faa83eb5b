"""``manage.py chat``: ask a model from a terminal or in a pipe; what is said is stored like any talk."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import aclosing
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from uuid_utils.compat import uuid7

from accounts.languages import speaking_to
from accounts.models import User
from audit.services import COMMAND, record
from chatproject.database import in_database
from chatproject.errors import DomainError
from conversations import asking, lifecycle
from conversations.choices import choose_model
from conversations.following import START, Ended, Grown, follow
from conversations.models import Status
from conversations.protocol import SendMessage
from conversations.selectors import find_newest_conversation, get_conversation
from providers.gateway import get_gateway

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from conversations.models import Conversation, Message
    from conversations.questions import Turn

NEWEST = "newest"
INTERRUPTED = 130
"""What shells take for ended by Ctrl+C."""

UNREAD = 141
"""What shells take for ended because nobody reads."""

DRAIN_SECONDS = 5.0
UNPRINTABLE = {code: None for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}
"""What a terminal would obey instead of showing it."""


class Command(BaseCommand):
    help = (
        "Ask a model, and write its answer to the standard output while it comes. What is piped in belongs to the"
        " question. Ctrl+C stops the answer and keeps what is there. The talk is stored like any other."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "words", nargs="*", metavar="TEXT", help="the question, or what to do with what is piped in"
        )
        parser.add_argument("--as", dest="email", help="whose talk it is; may be left out where there is one operator")
        parser.add_argument("--model", default="", help="<provider>/<name> or preset/<id>; else the one last chosen")
        parser.add_argument(
            "--continue",
            dest="conversation",
            nargs="?",
            const=NEWEST,
            metavar="ID",
            help="go on with a conversation, the newest one where no ID follows",
        )

    def handle(self, *, words: list[str], email: str | None, model: str, conversation: str | None, **_: Any) -> None:
        user, text = _find_person(email), _read_question(words)
        try:
            with speaking_to(user):
                reply = asyncio.run(self._ask(user, text, model, conversation))
        except DomainError as error:
            raise CommandError(error.message) from None
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)
        except BrokenPipeError:  # whoever reads has enough, and the interpreter shall not write to them any more
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(UNREAD)
        if reply.status == Status.STOPPED:
            sys.exit(INTERRUPTED)
        if reply.status != Status.COMPLETE:
            raise CommandError(reply.error_message or f"The answer ended early: {reply.status}.")
        if reply.finish_reason == "length":
            self.stderr.write("The answer reached the output limit of the model.")

    async def _ask(self, user: User, text: str, model: str, wanted: str | None) -> Message:
        """Let this process write the answer as a server does, and give it as it is stored."""
        await get_gateway().start(own_port=settings.PORT)
        lifecycle.ensure_started()
        try:
            conversation = await in_database(_find_conversation, user, wanted) if wanted else None
            command = SendMessage(
                client_id=uuid7().hex,
                conversation=conversation.pk if conversation else None,
                parent=None,
                text=text,
                model=model or await in_database(_choose, user, conversation),
                attachments=[],
            )
            turn = await asking.send_message(user, command)
            await in_database(record, COMMAND, "chat", user, changes={"conversation": str(turn.conversation.pk)})
            return await self._write(user, turn)
        finally:
            await lifecycle.drain(DRAIN_SECONDS)

    async def _write(self, user: User, turn: Turn) -> Message:
        loop = asyncio.get_running_loop()
        stopping: list[asyncio.Task[Message]] = []

        def stop() -> None:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)  # a second one ends the process
            stopping.append(loop.create_task(asking.stop_reply(user, turn.reply.pk)))

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop)
        try:
            return await self._show(user, turn)
        except BrokenPipeError:
            await asking.stop_reply(user, turn.reply.pk)
            raise
        finally:
            await asyncio.gather(*stopping)

    async def _show(self, user: User, turn: Turn) -> Message:
        is_terminal = self.stdout.isatty()
        async with aclosing(follow(user, turn.conversation.pk, {turn.reply.pk: START})) as told:
            async for one in told:
                if isinstance(one, Ended):
                    self.stdout.write("")  # ends the last line
                    return one.saved.reply
                if isinstance(one, Grown) and not one.is_reasoning:
                    self.stdout.write(one.text.translate(UNPRINTABLE) if is_terminal else one.text, ending="")
                    self.stdout.flush()
        raise RuntimeError("a reply was followed, and did not end")


def _find_person(email: str | None) -> User:
    active = User.objects.filter(is_active=True)
    found = list(active.filter(email=email) if email else active.filter(is_superuser=True)[:2])
    if len(found) == 1:
        return found[0]
    raise CommandError(
        f"Nobody who may sign in has the email {email!r}." if email else "Say whose talk it is: --as EMAIL"
    )


def _read_question(words: list[str]) -> str:
    piped = "" if sys.stdin is None or sys.stdin.isatty() else sys.stdin.read()
    question = "\n\n".join(part for part in (" ".join(words).strip(), piped.strip()) if part)
    if not question:
        raise CommandError("Say what to ask: manage.py chat TEXT, or pipe it in.")
    return question


def _find_conversation(user: User, wanted: str) -> Conversation:
    if wanted == NEWEST:
        newest = find_newest_conversation(user)
        if newest is None:
            raise CommandError("There is no conversation to go on with.")
        return newest
    try:
        return get_conversation(user, UUID(wanted))
    except ValueError:
        raise CommandError(f"{wanted!r} is not the id of a conversation.") from None


def _choose(user: User, conversation: Conversation | None) -> str:
    last = conversation or find_newest_conversation(user)
    choice = choose_model(user, last.model if last else "")
    if choice is None:
        raise CommandError("No model is set up on this site.")
    return choice.id
