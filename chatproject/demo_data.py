"""Rows in any number, to try the site out at the size it may reach: people who cannot sign in, and what they said."""

from __future__ import annotations

import random
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from chatproject.ids import id_at
from conversations.models import Conversation, Message, Role, Status
from moderation.models import Action, Direction, Incident, Kind, State
from providers.models import Outcome, UsageRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from django.db.models import Model

DOMAIN = "demo.invalid"
MODELS = ("openai/gpt-5.5", "openai/gpt-5.5-mini", "anthropic/claude-sonnet-5-5", "local/llama3", "demo/demo")
SPAN = timedelta(days=30)
TURNS = 10
"""Questions in a conversation, each with its answer."""

BATCH = 250
"""Conversations in one transaction."""

MESSAGES_A_PERSON = 100
FEWEST_PEOPLE, MOST_PEOPLE = 10, 10_000
WORDS = ("river stone lamp winter garden letter bread harbour window morning paper train copper cloud apple").split()  # noqa: SIM905 - it reads better
CHANCE = random.Random()  # noqa: S311 - nothing here is a secret
CODES = ("timeout", "overloaded", "rate_limited")
OPEN_SHARE, FAILED_SHARE = 0.05, 0.01


@dataclass(slots=True)
class Talk:
    """A conversation with all that belongs to it, not stored yet."""

    conversation: Conversation
    messages: list[Message]
    usage: list[UsageRecord]


def has_data_of_others() -> bool:
    """Tell whether anybody but demo people has said something here."""
    return Conversation.objects.exclude(user__email__endswith=f"@{DOMAIN}").exists()


def find_stranger() -> User | None:
    """Find somebody who has an address of demo people, and can sign in."""
    people = User.objects.filter(email__endswith=f"@{DOMAIN}")
    return people.exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX).first()


def make_people(messages: int) -> list[User]:
    """Make as many people as would write so much, or find those of an earlier time."""
    count = min(MOST_PEOPLE, max(FEWEST_PEOPLE, messages // MESSAGES_A_PERSON))
    nobody = make_password(None)
    people = [
        User(email=f"person-{one}@{DOMAIN}", name=f"Person {one}", password=nobody, created_at=a_moment() - SPAN)
        for one in range(count)
    ]
    with own_times(User):
        User.objects.bulk_create(people, batch_size=BATCH, ignore_conflicts=True)
    return list(User.objects.filter(email__in=[person.email for person in people]))


def make_messages(count: int, people: list[User], told: Callable[[int], object]) -> None:
    """Store conversations with ``count`` messages over the last days; ``told`` hears how many more there are."""
    with own_times(Conversation, UsageRecord):
        left = count
        while left > 0:
            talks: list[Talk] = []
            while left > 0 and len(talks) < BATCH:
                talks.append(_talk(CHANCE.choice(people), min(left, 2 * TURNS)))
                left -= len(talks[-1].messages)
            _store(talks)
            told(sum(len(talk.messages) for talk in talks))


def make_incidents(count: int, people: list[User], told: Callable[[int], object]) -> None:
    """Store incidents over the last days, most of them decided."""
    with own_times(Incident):
        for start in range(0, count, 2 * TURNS * BATCH):
            incidents = [_incident(CHANCE.choice(people)) for _ in range(min(2 * TURNS * BATCH, count - start))]
            Incident.objects.bulk_create(incidents, batch_size=1000)
            told(len(incidents))


@contextmanager
def own_times(*models: type[Model]) -> Iterator[None]:
    """Let rows be stored with the time that they name, where they would get that of the moment."""
    fields = [model._meta.get_field("created_at") for model in models]
    for field in fields:
        field.auto_now_add = False  # type: ignore[union-attr]  # a date
    try:
        yield
    finally:
        for field in fields:
            field.auto_now_add = True  # type: ignore[union-attr]  # likewise


def made_at(moment: datetime) -> UUID:
    """Make an id as it would have been made at ``moment``."""
    return id_at(moment, CHANCE.getrandbits(74))


def a_moment() -> datetime:
    return timezone.now() - SPAN * CHANCE.random()


def say(words: int) -> str:
    return " ".join(CHANCE.choices(WORDS, k=words)).capitalize() + "."


def _talk(person: User, messages: int) -> Talk:
    moment = a_moment()
    conversation = Conversation(
        id=made_at(moment), user=person, title=say(4), model=CHANCE.choice(MODELS), created_at=moment, updated_at=moment
    )
    talk = Talk(conversation, [], [])
    for number in range(messages):
        moment = min(timezone.now(), moment + timedelta(seconds=CHANCE.randint(2, 90)))
        parent = talk.messages[-1] if talk.messages else None
        message = _message(conversation, parent, moment, is_answer=number % 2 == 1)
        talk.messages.append(message)
        if message.role == Role.ASSISTANT:
            talk.usage.append(_usage(person, message))
    conversation.updated_at, conversation.leaf = moment, talk.messages[-1]
    return talk


def _message(conversation: Conversation, parent: Message | None, moment: datetime, *, is_answer: bool) -> Message:
    text = say(40 if is_answer else 12)
    message = Message(
        id=made_at(moment),
        conversation=conversation,
        parent=parent,
        role=Role.ASSISTANT if is_answer else Role.USER,
        content=text,
        html=f"<p>{text}</p>",
        created_at=moment,
    )
    if is_answer:
        message.model, message.tokens, message.prompt_tokens, message.cost = conversation.model, 60, 200, 900
        message.finished_at, message.first_token_ms = moment, int(CHANCE.lognormvariate(6, 0.5))
        if CHANCE.random() < FAILED_SHARE:
            message.status, message.error_code = Status.FAILED, CHANCE.choice(CODES)
        else:
            message.finish_reason = "stop"
    return message


def _usage(person: User, answer: Message) -> UsageRecord:
    return UsageRecord(
        id=made_at(answer.created_at),
        created_at=answer.created_at,
        settled_at=answer.created_at,
        user=person,
        subject=answer.pk,
        model=answer.model,
        outcome=Outcome.FAILED if answer.error_code else Outcome.COMPLETE,
        error_code=answer.error_code,
        prompt_tokens=200,
        completion_tokens=60,
        cost=900,
    )


def _incident(person: User) -> Incident:
    moment = a_moment()
    is_open = CHANCE.random() < OPEN_SHARE
    return Incident(
        id=made_at(moment),
        created_at=moment,
        kind=CHANCE.choice((Kind.HIT, Kind.HIT, Kind.REPORT)),
        pattern=CHANCE.choice(WORDS),
        category="demo",
        action=CHANCE.choice(Action.values),
        person=person,
        subject=made_at(moment),
        direction=CHANCE.choice((Direction.INPUT, Direction.OUTPUT)),
        before=say(6),
        matched=CHANCE.choice(WORDS),
        after=say(6),
        state=State.OPEN if is_open else CHANCE.choice((State.CONFIRMED, State.DISMISSED)),
        reviewed_at=None if is_open else moment,
    )


@transaction.atomic
def _store(talks: list[Talk]) -> None:
    """Store whole conversations; that a conversation names its last message is checked at the commit."""
    Conversation.objects.bulk_create([talk.conversation for talk in talks])
    Message.objects.bulk_create([message for talk in talks for message in talk.messages], batch_size=1000)
    UsageRecord.objects.bulk_create([record for talk in talks for record in talk.usage], batch_size=1000)
