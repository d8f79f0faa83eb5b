"""Ten thousand questions of people with different rights, instructions and models, while operators change things.

Whoever asks is told only what was answered to exactly the same: the same model of the same server with the same
parameters, the same instructions, the same words. Each answer that is kept says what the model was told, so that a
wrong one shows itself. Two processes ask, and hear of a change at once or later, also in the midst of a call.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import Group
from django.core.cache import caches
from django.utils import timezone

from chatproject.errors import BadRequest
from conversations.history import make_prompt
from conversations.models import Conversation, Message, Preset, Role, Source
from conversations.origins import claim_spot, find_answer, keep_answer
from conversations.presets import Choice, resolve_choice
from faq.entries import save_entry
from faq.models import Entry
from providers.catalogue import load_listings
from providers.gateway import get_gateway
from providers.models import LanguageModel, Provider
from tests.providers.rows import LOCAL, OPENAI, config_of, make_model, make_provider
from tests.support.factories import make_user

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import User
    from providers.catalogue import ProviderListing

pytestmark = pytest.mark.django_db

QUESTIONS = 10_000
CHANGED_EVERY = 200
SUBJECTS = ("pay", "Pay", "log in", "use grep -v", "use grep -V", "use C", "use C++")
FORMS = ("How do I {}", "How do I {}", "How do I not {}", "Why do I {}", "I {}", "How do I {} and {}", "HOW DO I {}")
ENDS = ("", "?", "?", ".")
WORDS = ("", "Be kind.", "Be brief.", "Answer in French.")
ADDRESSES = (OPENAI, LOCAL)
OF_OPERATORS = {"how do i pay", "i log in"}


@dataclass
class Question:
    """Somebody's question and its reply, with what is said in it, however it is typed."""

    person: User
    question: Message
    reply: Message
    said: str

    @property
    def is_private(self) -> bool:
        preset = self.reply.preset
        is_own = preset is not None and preset.user_id is not None
        return is_own or bool(self.reply.conversation.instructions) or self.question.parent_id is not None


@dataclass
class World:
    """Everything on which an answer depends, the dice, and what each of two processes knows of the catalogue."""

    dice: random.Random
    people: list[User]
    presets: list[Preset]
    processes: list[list[ProviderListing]]

    @classmethod
    def make(cls, seed: int) -> World:
        provider = make_provider(label="OpenAI")
        for number in range(3):
            make_model(provider, f"model-{number}", reuses_answers=number < 2)
        people = [make_user(is_superuser=number == 0, is_staff=number < 3) for number in range(8)]
        for person, name in zip(people[1:4], ("Operator", "Moderator", "Read-only"), strict=True):
            person.groups.add(Group.objects.get(name=name))
        owners = [None, None, people[0], people[1], people[7], None]
        presets = [
            Preset.objects.create(user=owner, name=f"Preset {number}", model=f"openai/model-{number % 3}")
            for number, owner in enumerate(owners)
        ]
        world = cls(random.Random(seed), people, presets, [[], []])
        world.tell(0)
        world.tell(1)
        return world

    def tell(self, process: int) -> None:
        """Let a process know the catalogue as it stands."""
        self.processes[process] = load_listings([config_of(Provider.objects.get())])

    def enter(self, process: int) -> None:
        """Be a process, with what it knows at this moment."""
        get_gateway()._catalogue.replace(self.processes[process])

    def change(self) -> None:
        """Change something, as operators and people do; each process hears of it at once or later."""
        models = LanguageModel.objects.filter(name=f"model-{self.dice.randrange(3)}")
        match self.dice.randrange(6):
            case 0:
                models.update(instructions=self.dice.choice(WORDS))
            case 1:
                models.update(temperature=self.dice.choice((0.1, 0.7)), parameters={"top_p": self.dice.random()})
            case 2:
                models.update(reuses_answers=self.dice.random() < 0.8, enabled=self.dice.random() < 0.9)
            case 3:
                Provider.objects.update(base_url=self.dice.choice(ADDRESSES))
            case _:
                preset = self.dice.choice(self.presets)
                preset.instructions, preset.enabled = self.dice.choice(WORDS), self.dice.random() < 0.8
                preset.save()
        for process in (0, 1):
            if self.dice.random() < 0.5:
                self.tell(process)

    def move(self, process: int) -> None:
        """Change the address, in the midst of a call of this process."""
        Provider.objects.update(base_url=self.dice.choice(ADDRESSES))
        self.tell(process)

    def wording(self) -> tuple[str, str]:
        """Give a question as somebody types it, and what it says."""
        form = self.dice.choice(FORMS)
        said = form.format(*(self.dice.choice(SUBJECTS) for _ in range(form.count("{}")))) + self.dice.choice(ENDS)
        if {"-", "+"} & set(said):
            return said, said
        typed = said.replace(" I ", self.dice.choice((" I ", " i "))) if "DO" not in said else said
        typed = typed.replace(" ", self.dice.choice((" ", "  ", "\u00a0")))
        has_first = typed.startswith(("How", "Why")) and self.dice.random() < 0.5
        return f" {typed[0].lower()}{typed[1:]}" if has_first else typed, said

    def ask(self, choice: Choice, person: User) -> Question:
        typed, said = self.wording()
        words = self.dice.choice((*[""] * 7, "My name is Anna."))
        conversation = Conversation(user=person, instructions=words, updated_at=timezone.now())
        question = Message(conversation=conversation, role=Role.USER, content=typed)
        if self.dice.random() < 0.05:
            question.parent_id = question.pk
        reply = Message(conversation=conversation, parent=question, role=Role.ASSISTANT)
        reply.model, reply.preset = choice.model_id, choice.preset
        return Question(person, question, reply, said)

    def choose(self, person: User) -> Choice | None:
        """Choose a model or any preset; None where the person may not, or where it is switched off."""
        preset = self.dice.choice(self.presets)
        wanted = f"preset/{preset.pk}" if self.dice.random() < 0.5 else f"openai/model-{self.dice.randrange(3)}"
        try:
            return resolve_choice(person, wanted)
        except BadRequest:
            return None


@pytest.fixture
def world() -> Iterator[World]:
    get_gateway.cache_clear()
    for name in ("faq", "default"):
        caches[name].clear()
    yield World.make(seed=4)
    get_gateway.cache_clear()


def told_by_hand(asked: Question) -> str:
    """Write down all that the model is to be told at this moment, from the rows themselves."""
    row = LanguageModel.objects.select_related("provider").get(name=asked.reply.model.removeprefix("openai/"))
    assert row.enabled
    assert row.reuses_answers
    preset = asked.reply.preset
    instructions = [words for words in (preset.instructions if preset else "", row.instructions) if words]
    told: list[Any] = [row.provider.base_url, row.name, "\n\n".join(instructions), row.temperature, row.parameters]
    return repr([*told, preset and preset.pk, asked.said])


def call(world: World, process: int, asked: Question) -> None:
    """Ask the model as the process knows it, and keep what it says; things may change between the two."""
    request = make_prompt(asked.reply, [asked.question]).request
    spot = claim_spot(asked.question, asked.reply, request)
    if world.dice.random() < 0.02:
        world.move(process)
    world.enter(process)
    try:
        entry = get_gateway().find_model(asked.reply.model)
    except BadRequest:
        return  # switched off meanwhile
    fitted = entry.fit(request)
    instructions = "".join(one.content for one in request.messages if one.role == "system")
    server = entry.server.removeprefix("openai ")
    told: list[Any] = [server, entry.name, instructions, fitted.temperature, dict(fitted.options)]
    preset = asked.reply.preset
    if spot is not None:
        assert not asked.is_private
        text = repr([*told, preset and preset.pk, asked.said])
        keep_answer(spot, asked.reply, text, asked=(entry.id, entry.version_at(entry.server)))


def test_nobody_is_told_what_was_answered_to_something_else(world: World) -> None:
    save_entry(Entry(question="How do I pay?", variants="I log in", answer="of the operators"))
    counts: Counter[str] = Counter()
    for number in range(QUESTIONS):
        if number % CHANGED_EVERY == 0:
            world.change()
        process = world.dice.randrange(2)
        if world.dice.random() < 0.05:
            world.tell(process)
        world.enter(process)
        person = world.dice.choice(world.people)
        choice = world.choose(person)
        if choice is None:
            counts["refused"] += 1
            continue
        assert choice.preset is None or choice.preset.user_id in {None, person.pk}
        asked = world.ask(choice, person)
        found = find_answer(asked.question, asked.reply)
        counts[judge(asked, found.source if found else "", found.text if found else "")] += 1
        if found is None:
            call(world, process, asked)
    kinds = ("refused", "private", "faq", "cache", "shared by a preset", "asked")
    assert all(counts[kind] > 100 for kind in kinds), counts


def judge(asked: Question, source: str, text: str) -> str:
    """Name the case, and hold that the answer is the right one."""
    if asked.is_private:
        assert not source
        return "private"
    if source == Source.FAQ:
        assert asked.said.rstrip("?").lower() in OF_OPERATORS
        assert "DO" not in asked.said
        assert (asked.reply.preset, text) == (None, "of the operators")
        return "faq"
    if source:
        assert text == told_by_hand(asked)
        return "shared by a preset" if asked.reply.preset else "cache"
    return "asked"
