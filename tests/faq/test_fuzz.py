"""Ten thousand questions of people with different presets, instructions and models, while operators change things.

Whoever asks is told only what was answered to exactly the same: the same model with the same parameters, the same
instructions, the same words. Each answer that is kept says for what it was made, so that a wrong one shows itself.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from conversations.history import make_prompt
from conversations.models import Conversation, Message, Preset, Role, Source
from conversations.origins import find_answer, find_place
from faq.entries import save_entry
from faq.models import Entry
from providers.catalogue import load_listings
from providers.gateway import get_gateway
from providers.models import LanguageModel
from tests.providers.rows import config_of, make_model, make_provider
from tests.support.factories import make_user

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import User
    from providers.models import Provider

pytestmark = pytest.mark.django_db

QUESTIONS = 10_000
CHANGED_EVERY = 250
SUBJECTS = ("pay", "get a refund", "delete my account", "log in", "use grep -v", "use grep -V", "use C", "use C++")
FORMS = ("How do I {}", "How do I not {}", "Why do I {}", "How do you {}", "I {}", "How do I {} and {}")
WORDS = ("", "Be kind.", "Be brief.", "Answer in French.")


@dataclass
class World:
    """Everything on which an answer depends, and the dice."""

    dice: random.Random
    provider: Provider
    people: list[User]
    presets: list[Preset]

    @classmethod
    def make(cls, seed: int) -> World:
        provider = make_provider(label="OpenAI")
        for number in range(3):
            make_model(provider, f"model-{number}", reuses_answers=number < 2)
        people = [make_user() for _ in range(4)]
        owners = [None, None, people[0], people[1]]
        presets = [
            Preset.objects.create(user=owner, name=f"Preset {number}", model="openai/model-0", instructions=words)
            for number, (owner, words) in enumerate(zip(owners, WORDS, strict=True))
        ]
        world = cls(random.Random(seed), provider, people, presets)
        world.publish()
        return world

    def publish(self) -> None:
        """Let this process know the catalogue as it stands."""
        get_gateway()._catalogue.replace(load_listings([config_of(self.provider)]))

    def change(self) -> None:
        """Change something, as operators and people do; this process hears of it at once or later."""
        models = LanguageModel.objects.filter(name=f"model-{self.dice.randrange(3)}")
        kind = self.dice.randrange(4)
        if kind == 0:
            models.update(instructions=self.dice.choice(WORDS))
        elif kind == 1:
            models.update(temperature=self.dice.choice((0.1, 0.7)), parameters={"top_p": self.dice.choice((0.5, 1))})
        elif kind == 2:
            models.update(reuses_answers=self.dice.random() < 0.8)
        else:
            preset = self.dice.choice(self.presets)
            preset.instructions = self.dice.choice(WORDS)
            preset.save()
        if self.dice.random() < 0.5:
            self.publish()

    def wording(self) -> tuple[str, str]:
        """Give a question as somebody types it, and what it says."""
        form = self.dice.choice(FORMS)
        said = form.format(*(self.dice.choice(SUBJECTS) for _ in range(form.count("{}"))))
        if "-" in said or self.dice.random() < 0.4:
            return said, said
        typed = self.dice.choice((str.upper, str.lower, str.title))(said).replace(" ", self.dice.choice((" ", "  ")))
        return f"{typed}{self.dice.choice(('', '?', '?!', ' ...'))}", said

    def ask(self) -> tuple[Message, Message, str]:
        """Make a question of somebody and its reply; give with them what was said."""
        person = self.dice.choice(self.people)
        usable = [one for one in self.presets if one.user_id in {None, person.pk}]
        preset = self.dice.choice(usable) if self.dice.random() < 0.5 else None
        typed, said = self.wording()
        words = self.dice.choice(("", "", "", "My name is Anna."))
        conversation = Conversation(user=person, instructions=words, updated_at=timezone.now())
        question = Message(conversation=conversation, role=Role.USER, content=typed)
        if self.dice.random() < 0.1:
            question.parent_id = question.pk
        model = preset.model if preset else f"openai/model-{self.dice.randrange(3)}"
        reply = Message(conversation=conversation, parent=question, role=Role.ASSISTANT, model=model, preset=preset)
        return question, reply, said


@pytest.fixture
def world() -> Iterator[World]:
    get_gateway.cache_clear()
    yield World.make(seed=4)
    get_gateway.cache_clear()


def told_by_hand(reply: Message, said: str) -> str:
    """Write down all that the model is told of a question, from the rows themselves."""
    row = LanguageModel.objects.get(name=reply.model.removeprefix("openai/"))
    preset = (str(reply.preset_id), reply.preset.instructions) if reply.preset else ()
    told: tuple[Any, ...] = (row.name, row.instructions, row.temperature, row.parameters, preset, said.casefold())
    return repr(told)


def is_private(question: Message, reply: Message) -> bool:
    is_own = reply.preset is not None and reply.preset.user_id is not None
    return is_own or bool(reply.conversation.instructions) or question.parent_id is not None


def test_nobody_is_told_what_was_answered_to_something_else(world: World) -> None:
    entry = save_entry(Entry(question="How do I pay?", variants="I log in", answer="of the operators"))
    counts = {"faq": 0, "cache": 0, "asked": 0, "private": 0}
    for number in range(QUESTIONS):
        if number % CHANGED_EVERY == 0:
            world.change()
        question, reply, said = world.ask()
        found = find_answer(question, reply)
        if is_private(question, reply):
            assert found is None
            counts["private"] += 1
        elif found and found.source == Source.FAQ:
            assert said.casefold() in {"how do i pay", "i log in"}
            assert reply.preset is None
            counts["faq"] += 1
        elif found:
            assert found.text == told_by_hand(reply, said)
            counts["cache"] += 1
        else:
            counts["asked"] += 1
        keep(question, reply, said)
    assert all(count > 100 for count in counts.values()), counts
    assert entry.answer == "of the operators"


def keep(question: Message, reply: Message, said: str) -> None:
    """Keep what the model would answer now; a process that is behind with the catalogue asks as it knows it."""
    place = find_place(question, reply, make_prompt(reply, [question]).request)
    row = LanguageModel.objects.get(name=reply.model.removeprefix("openai/"))
    known = get_gateway().find_model(reply.model)
    if place is not None:
        assert not is_private(question, reply)
        is_behind = (known.instructions, known.temperature, known.options) != (
            row.instructions,
            row.temperature,
            row.parameters,
        )
        if not is_behind:
            place.put(told_by_hand(reply, said))
