"""Hostile words in questions and answers: nothing runs, nothing is fetched from elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.rendering.attacks import SCRIPTS

if TYPE_CHECKING:
    from tests.browser.tab import Tab
    from tests.fake_provider import FakeProviderProcess

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.once]

HOSTILE = "\n\n".join(f"Case {number}: {text}" for number, text in enumerate(SCRIPTS.values()) if "```" not in text)
HOSTILE_CODE = "\n\n".join(text for text in SCRIPTS.values() if "```" in text)
# What could act in the page: handlers, addresses that run, elements that load or hold documents.
LIVE_PARTS = """() => {
  const elements = "script, iframe, object, embed, style, link, base, meta, form, svg, math, [style]";
  const runs = /^[\\s\\u0000-\\u001f]*(javascript|vbscript|data):/i;
  const isForeign = (one) => one.matches("img") && /^(https?:)?[/][/]/.test(one.getAttribute("src") ?? "");
  const acts = ({name, value}) => name.startsWith("on") || runs.test(value);
  return [...document.querySelectorAll("#transcript :is(.message-body, .message-tail) *")]
    .filter((one) => !one.closest(".code-buttons, .diagram, .table-tools, .footnote-back"))
    .filter((one) => !one.closest(".math.is-set") || one.matches("a, img, script, iframe, use, image"))
    .filter((one) => one.matches(elements) || isForeign(one) || [...one.attributes].some(acts))
    .map((one) => one.outerHTML);
}"""


@pytest.mark.parametrize("chunk", [1, 100_000])
async def test_hostile_answer_runs_nothing_and_loads_nothing(tab: Tab, fake: FakeProviderProcess, chunk: int) -> None:
    for answer in (HOSTILE, HOSTILE_CODE):
        fake.script(text=answer, chunk=chunk)
        await tab.ask_and_wait("Attack me")
        assert await tab.page.evaluate(LIVE_PARTS) == []
    await tab.reload()
    assert await tab.page.evaluate(LIVE_PARTS) == []


async def test_hostile_question_is_shown_as_it_was_written(tab: Tab) -> None:
    await tab.ask(HOSTILE)
    await expect(tab.answers).to_have_count(1)
    await tab.finish()
    assert await tab.page.evaluate(LIVE_PARTS) == []
    words = await tab.questions.first.locator(".message-body").inner_text()
    assert "<img src=x onerror=alert(1)>" in words
    await tab.reload()
    assert await tab.questions.first.locator(".message-body").inner_text() == words
