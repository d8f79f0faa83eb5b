"""What a model thinks: told, healed and stored as its words are, never sent back, and never lost with a process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chatproject.database import in_database
from conversations import generation, selectors, services, sweeper
from conversations.models import Message, ReplyChunk, Status
from conversations.thinking import MAX_SIGNED_BYTES, Reasoning, Thinking
from providers.gateway import get_gateway
from providers.models import LanguageModel, Outcome, UsageRecord
from tests.conversations.asking import ask, go_on, stop, stored
from tests.fake_provider import Behaviour, FakeProvider, filler
from tests.fake_provider.anthropic_wire import REDACTED, sign

if TYPE_CHECKING:
    from accounts.models import User
    from conversations.questions import Turn

pytestmark = pytest.mark.django_db(transaction=True)

CLAUDE = "anthropic/claude-sonnet-5-5"


async def records(turn: Turn) -> list[UsageRecord]:
    return await in_database(lambda: list(UsageRecord.objects.filter(subject=turn.reply.pk).order_by("id")))


async def test_reasoning_is_told_and_stored(asker: User, fake: FakeProvider) -> None:
    fake.default = Behaviour(reasoning=3000, chars=600, delay=0.012)
    turn, onlooker = await ask(asker)
    finished = await onlooker.wait_for("reply.finished")
    message = await stored(turn)
    assert (message.reasoning, message.content) == (filler(3000), filler(600))
    assert message.reasoning_ms
    assert finished["reasoning"] == message.reasoning
    assert finished["reasoning_seconds"] == message.reasoning_ms / 1000
    told = onlooker.of("reply.reasoning")
    shown, saved_once = "", False
    for frame in told:
        assert frame["offset"] <= len(shown), "who saw every frame never meets a gap"
        shown = shown[: frame["offset"]] + frame["text"]
        saved_once = saved_once or frame["offset"] > 0
    assert saved_once, "a checkpoint moved the offset"
    assert message.reasoning.startswith(shown)
    assert len(shown) > 2000
    kinds = [frame["type"] for frame in onlooker.frames]
    assert kinds.index("reply.delta") > max(at for at, kind in enumerate(kinds) if kind == "reply.reasoning")
    assert not await in_database(ReplyChunk.objects.exists)


async def test_reasoning_is_never_sent_to_a_model_again(asker: User, fake: FakeProvider) -> None:
    fake.default = Behaviour(thoughts="a secret thought", text="So.", finish="length")
    turn, onlooker = await ask(asker)
    await onlooker.wait_for("reply.finished")
    await go_on(asker, turn)
    await onlooker.wait_until(lambda: len(onlooker.of("reply.finished")) == 2)
    await ask(asker, "And now?", turn.conversation.pk, onlooker)
    last = await fake.next_call(after=2)
    assert "So." in str(last.body)
    assert "secret" not in str(last.body)


async def test_signed_blocks_are_kept_as_they_came(asker: User, fake: FakeProvider) -> None:
    thought = 'Grüße 漢字 🎉\u2028 "quoted" \\ <b>'
    fake.default = Behaviour(thoughts=thought, redacted=True, text="So.", chunk=3)
    turn, onlooker = await ask(asker, model=CLAUDE)
    await onlooker.wait_for("reply.finished")
    message = await stored(turn)
    assert message.reasoning == thought
    assert message.signed_reasoning == [
        {"type": "thinking", "thinking": thought, "signature": sign(thought)},
        {"type": "redacted_thinking", "data": REDACTED},
    ]


async def test_stop_while_thinking_keeps_it_and_continue_appends(asker: User, fake: FakeProvider) -> None:
    fake.script(reasoning=300, text="Never said.", hang=0)
    turn, onlooker = await ask(asker)
    await onlooker.wait_for_length("reply.reasoning", 300)
    await stop(asker, turn)
    stopped = await onlooker.wait_for("reply.finished", status="stopped")
    assert (stopped["text"], stopped["reasoning"], stopped["can_continue"]) == ("", filler(300), True)
    fake.default = Behaviour(thoughts="Once more.", text="So.")
    await go_on(asker, turn)
    await onlooker.wait_for("reply.finished", status="complete")
    message = await stored(turn)
    assert (message.reasoning, message.content) == (filler(300) + "Once more.", "So.")
    assert (message.reasoning_ms or 0) >= stopped["reasoning_seconds"] * 1000


@pytest.mark.parametrize(
    ("behaviour", "status", "why"),
    [
        (Behaviour(reasoning=90, text="", finish="length"), Status.COMPLETE, "length"),
        (Behaviour(reasoning_tokens=2000, text="", finish="length"), Status.COMPLETE, "length"),
        (Behaviour(reasoning=90, text=""), Status.FAILED, "empty_answer"),
        (Behaviour(reasoning=90, text="Never said.", cut=0), Status.INTERRUPTED, "stream_interrupted"),
        (Behaviour(text="", finish="content_filter"), Status.COMPLETE, "content_filter"),
        (Behaviour(text="I cannot.", refusal=True), Status.COMPLETE, "content_filter"),
    ],
    ids=["length", "hidden", "silent", "cut", "filter", "refusal"],
)
async def test_answer_without_words_says_what_happened(
    asker: User, fake: FakeProvider, behaviour: Behaviour, status: Status, why: str
) -> None:
    fake.default = behaviour
    turn, onlooker = await ask(asker)
    finished = await onlooker.wait_for("reply.finished")
    message = await stored(turn)
    assert (message.status, message.error_code + message.finish_reason) == (status, why)
    assert message.reasoning == filler(behaviour.reasoning)
    assert finished["can_continue"] == (why != "content_filter")


async def test_long_reasoning_is_cut_with_a_note(
    asker: User, fake: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generation, "MAX_CHARACTERS", 2_000)
    fake.default = Behaviour(reasoning=20_000)
    turn, onlooker = await ask(asker)
    finished = await onlooker.wait_for("reply.finished")
    assert (finished["status"], finished["finish_reason"]) == ("complete", "length")
    assert 2_000 < len((await stored(turn)).reasoning) < 20_000


async def test_sweep_keeps_what_was_thought(asker: User, fake: FakeProvider) -> None:
    def orphan() -> Message:
        turn = services.send_message(
            asker, client_id="orphan", conversation_id=None, parent_id=None, text="x", model="openai/gpt-5.5"
        )
        for offset, (thought, said) in {0: ("Well, ", ""), 6: ("😀 then", ""), 13: ("", "So")}.items():
            ReplyChunk.objects.create(reply=turn.reply, offset=0, text=said, reasoning=thought, reasoning_offset=offset)
        Message.objects.update(heartbeat_at="2020-01-01T00:00:00Z")
        return turn.reply

    reply = await in_database(orphan)
    snapshot = await in_database(selectors.get_snapshot, reply.pk)
    assert (snapshot.reasoning, snapshot.text) == ("Well, 😀 then", "So")
    await sweeper.sweep(await sweeper.sweep(set()))
    ended = await in_database(Message.objects.get, pk=reply.pk)
    assert (ended.status, ended.reasoning, ended.content) == (Status.INTERRUPTED, "Well, 😀 then", "So")


def test_snapshot_of_a_continued_reply_ignores_thoughts_of_the_run_before() -> None:
    reply = Message(status=Status.STREAMING, reasoning="One 😀")
    old = ReplyChunk(reply=reply, offset=0, reasoning="One 😀", reasoning_offset=0)
    new = ReplyChunk(reply=reply, offset=0, reasoning=" two", reasoning_offset=6)
    assert selectors.assemble(reply, [old, new]).reasoning == "One 😀 two"


# --- calls --------------------------------------------------------------------------------------------------------


async def test_fallback_that_answers_is_named_and_every_call_is_in_the_ledger(asker: User, fake: FakeProvider) -> None:
    def set_fallback() -> None:
        fallback = LanguageModel.objects.get(provider__slug="anthropic", name="claude-sonnet-5-5")
        LanguageModel.objects.filter(provider__slug="openai", name="gpt-5.5").update(fallback=fallback)

    await in_database(set_fallback)
    await get_gateway().reload()
    fake.script(status=401, model="gpt-5.5", times=9)
    fake.default = Behaviour(text="So.")
    turn, onlooker = await ask(asker)
    finished = await onlooker.wait_for("reply.finished")
    message = await stored(turn)
    assert (message.model, message.asked_model) == (CLAUDE, "openai/gpt-5.5")
    assert (finished["model"], finished["asked_model"]) == (CLAUDE, "openai/gpt-5.5")
    calls = [(one.model, one.outcome, one.error_code) for one in await records(turn)]
    assert sorted(calls) == [
        (CLAUDE, Outcome.COMPLETE, ""),
        ("openai/gpt-5.5", Outcome.FAILED, "bad_credentials"),
    ]


async def test_answer_of_the_model_that_was_asked_names_no_other(asker: User, fake: FakeProvider) -> None:
    turn, onlooker = await ask(asker)
    finished = await onlooker.wait_for("reply.finished")
    message = await stored(turn)
    assert (message.model, message.asked_model, finished["asked_model"]) == ("openai/gpt-5.5", "", "")


@pytest.mark.parametrize("model", ["openai/gpt-5.5", CLAUDE])
@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [
        (Behaviour(reasoning=130, chars=500, cached_tokens=3), Outcome.COMPLETE),
        (Behaviour(reasoning=130, chars=500, cached_tokens=3, usage="missing"), Outcome.COMPLETE),
        (Behaviour(reasoning=130, chars=500, cut=77), Outcome.INTERRUPTED),
        (Behaviour(reasoning=130, chars=500, error_at=77, error_type="overloaded_error"), Outcome.FAILED),
        (Behaviour(reasoning=130, text="", usage="missing"), Outcome.FAILED),
        (Behaviour(status=400, message="No."), Outcome.FAILED),
    ],
    ids=["complete", "no usage", "cut", "error", "silent", "refused"],
)
async def test_ledger_says_what_the_provider_bills(
    asker: User, fake: FakeProvider, model: str, behaviour: Behaviour, outcome: Outcome
) -> None:
    fake.default = behaviour
    turn, onlooker = await ask(asker, model=model)
    await onlooker.wait_for("reply.finished")
    await fake.wait_until(lambda: all(call.state != "open" for call in fake.calls))
    (record,) = await records(turn)
    names = ("prompt_tokens", "completion_tokens", "reasoning_tokens")
    billed = [{name: row[name] for name in names} for row in fake.bill] or [dict.fromkeys(names, 0)]
    assert record.outcome == outcome
    assert [{name: getattr(record, name) for name in names}] == billed
    is_told = behaviour.usage == "asked" and outcome == Outcome.COMPLETE
    assert record.cached_tokens == (3 if is_told else 0)


async def test_stopped_call_is_billed_for_what_was_thought_and_said(asker: User, fake: FakeProvider) -> None:
    fake.default = Behaviour(reasoning=130, chars=500, hang=77)
    turn, onlooker = await ask(asker)
    await onlooker.wait_for_length("reply.delta", 77)
    await stop(asker, turn)
    await onlooker.wait_for("reply.finished", status="stopped")
    await fake.wait_until(lambda: fake.calls[0].state == "client_closed")
    (record,) = await records(turn)
    (row,) = fake.bill
    assert (record.outcome, record.is_estimated) == (Outcome.STOPPED, True)
    for name in ("prompt_tokens", "completion_tokens", "reasoning_tokens", "cached_tokens"):
        assert getattr(record, name) == row[name]


# --- the clock and the signed blocks ------------------------------------------------------------------------------


def test_thinking_is_timed_until_the_first_word() -> None:
    moments = iter([10.0, 12.5, 20.0, 21.0])
    thinking = Thinking(lambda: next(moments))
    thinking.rest()
    assert thinking.ms is None
    for _ in range(3):
        thinking.go_on()
    thinking.rest()
    thinking.rest()
    assert thinking.ms == 2500
    thinking.go_on()
    assert thinking.add_to(Reasoning("", 500), "all") == Reasoning("all", 4000)


def test_blocks_that_cannot_be_stored_unchanged_are_not_kept() -> None:
    thinking = Thinking()
    good = {"type": "thinking", "thinking": "ü \\ \n"}
    for block in (good, {"data": "\x00"}, {"data": "x" * MAX_SIGNED_BYTES}):
        thinking.sign(block)
    earlier = Reasoning("a", None, [{"data": "earlier"}])
    assert thinking.add_to(earlier, "ab") == Reasoning("ab", None, [{"data": "earlier"}, good])
