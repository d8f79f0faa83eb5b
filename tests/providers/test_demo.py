from __future__ import annotations

import time

import pytest

from providers.adapters.demo import DemoProvider
from providers.gateway import DEMO
from providers.port import Accepted, ChatMessage, ChatRequest, Finished, TextDelta, Usage
from providers.registry import make_provider
from providers.timeouts import Limits
from tests.providers.asking import Heard, hear, question


async def demonstrate(text: str) -> Heard:
    return await hear(DemoProvider(DEMO, Limits(), pace=0).stream(question(text)))


async def test_demo_says_what_it_is_and_how_to_connect_a_model() -> None:
    heard = await demonstrate("What can you do?")

    for needed in (
        "demonstration",
        "What can you do?",
        "OPENAI_API_KEY",
        "ANTHROPIC_API_KEY",
        "LOCAL_BASE_URL",
        "```bash",
        "|---|",
        "\n- ",
    ):
        assert needed in heard.text


async def test_demo_keeps_the_contract() -> None:
    heard = await demonstrate("Hello")

    kinds = [type(event) for event in heard.events]
    assert kinds[-2:] == [Usage, Finished]
    assert kinds[0] is Accepted
    assert set(kinds[1:-2]) == {TextDelta}
    assert heard.finishes == ["stop"]
    assert heard.usages[0].estimated
    assert heard.usages[0].completion_tokens > 100


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "**bold** `code` ```", "{quoted} %s {0}", "> quote\n\n# title\n| a | b |", "", "   "],
)
async def test_words_quoted_back_stand_in_a_block_of_code(text: str) -> None:
    heard = await demonstrate(text)

    before, _, _ = heard.text.partition("\n\nEverything around")
    quoted = before.partition("You wrote:\n\n")[2]
    assert all(line.startswith("    ") for line in quoted.splitlines())
    assert [line[4:] for line in quoted.splitlines()] == (text.strip().splitlines() or ["…"])


async def test_long_words_are_quoted_shortly() -> None:
    heard = await demonstrate("long " * 10_000)
    assert len(heard.text) < 3000


async def test_last_question_is_the_one_quoted() -> None:
    messages = (ChatMessage("user", "First"), ChatMessage("assistant", "So"), ChatMessage("user", "Second"))
    heard = await hear(DemoProvider(DEMO, Limits(), pace=0).stream(ChatRequest("demo", messages)))
    assert "    Second" in heard.text
    assert "First" not in heard.text


async def test_pace_is_kept() -> None:
    events = DemoProvider(DEMO, Limits(), pace=0.05).stream(question())
    began = time.monotonic()
    for _ in range(5):
        await anext(events)
    await events.aclose()
    assert time.monotonic() - began >= 0.15


async def test_demo_lists_itself() -> None:
    assert [model.name for model in await make_provider(DEMO).list_models()] == ["demo"]
