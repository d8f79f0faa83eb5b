"""What a model says and thinks, through the list of sensitive words, on its way into a draft; and titles."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from conversations.rendering import plain_title
from moderation.models import Direction
from moderation.services import answer_blocked, answer_filter, complete_incidents, record_incidents
from moderation.stream import screen
from moderation.words import word_list
from providers.port import ProviderError

if TYPE_CHECKING:
    from conversations.draft import Checkpoint, Draft
    from conversations.models import Message
    from moderation.matcher import Term
    from moderation.stream import Filter, Finding

WORDLESS_ENDS = {"length", "content_filter"}
"""Where an answer without a word says something: nothing was left after the thinking, or a filter took it."""


def title_of(text: str) -> str:
    """Make the title of a conversation from its first words, which were checked; what is left out may join others."""
    title, _hits = screen(word_list.matcher(Direction.INPUT), plain_title(text))
    return title.rstrip()


class EmptyAnswer(ProviderError):
    code = "empty_answer"
    retryable = True


class Screening:
    """Writes into a draft what may be read; raises BlockedWords where the list ends the answer.

    What is held back is dropped unless the answer comes to its end: the rest of a word may come when it goes on. What a
    model says and what it thinks may take turns in the middle of a word, so neither ends the other.
    """

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._words = answer_filter(draft.words.text)
        self._reasoning = answer_filter(draft.reasoning.text)
        self._saved: set[Term] = set()

    @property
    def is_clean(self) -> bool:
        """Tell whether nothing was found so far."""
        return not self._words.findings and not self._reasoning.findings

    def say(self, text: str) -> None:
        self._say(self._words.feed(text))

    def think(self, text: str) -> None:
        self._think(self._reasoning.feed(text))

    def finish(self, reason: str) -> None:
        """Write what was held back, now that the provider has said why nothing follows; raises EmptyAnswer."""
        if reason != "length":
            self._think(self._reasoning.finish())
            self._say(self._words.finish())
        if not self._draft.words.has_gained and reason not in WORDLESS_ENDS:
            raise EmptyAnswer(_("The model sent an empty answer. Try again, or ask another model."))

    def checkpoint(self) -> Checkpoint:
        """Say what the draft gained, with what was found in it, so that neither is lost without the other."""
        return replace(self._draft.checkpoint(), findings=[one for one in self._found if one.term not in self._saved])

    def saved(self, checkpoint: Checkpoint) -> None:
        """Note that a checkpoint is committed."""
        self._draft.saved(checkpoint)
        self._saved |= {finding.term for finding in checkpoint.findings}

    def record(self, reply: Message) -> None:
        """Store what was found and is not stored yet, in the transaction that ends the reply."""
        record_incidents(reply.conversation.user_id, self._found, Direction.OUTPUT, reply.pk)
        complete_incidents([one for one in self._found if one.term in self._saved], reply.pk)

    @property
    def _found(self) -> list[Finding]:
        return [*self._reasoning.findings, *self._words.findings]

    def _say(self, text: str) -> None:
        if text:
            self._draft.append(text)
        _require_allowed(self._words)

    def _think(self, text: str) -> None:
        if text:
            self._draft.reasoning.append(text)
        _require_allowed(self._reasoning)


def _require_allowed(passed: Filter) -> None:
    if passed.blocked:
        raise answer_blocked(passed.blocked)
