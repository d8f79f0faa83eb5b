"""Asking and reading: what a person sees while an answer comes in, and afterwards."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from conversations.models import Message
from tests.browser.tab import saved_answer
from tests.fake_provider import answer_to, filler
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.conftest import OpenTab
    from tests.browser.tab import Tab
    from tests.fake_provider import FakeProviderProcess
    from tests.support.people import Person
    from tests.support.server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.once]

# Notes in each frame what the last answer says, letters and digits only: Markdown's signs go when it is rendered.
RECORD = """() => {
  window.seen = [];
  const look = () => {
    const answer = document.querySelector('#transcript > .message[data-role="assistant"]:last-child');
    const parts = answer ? [...answer.querySelectorAll(".message-body, .message-tail")] : [];
    const words = parts.map((part) => part.textContent).join("").replace(/[^a-z0-9]/gi, "");
    if (words !== window.seen.at(-1)) window.seen.push(words);
    requestAnimationFrame(look);
  };
  look();
}"""


async def test_question_is_answered_and_the_same_after_a_reload(tab: Tab) -> None:
    text = await tab.ask_and_wait("What is a monad?")
    assert text == answer_to("What is a monad?")
    assert tab.path.startswith("/c/")
    await expect(tab.last_answer.locator("ol > li")).to_have_count(2)
    await expect(tab.last_answer.locator("pre code")).to_contain_text('print("and a block of code")')
    await expect(tab.last_answer.locator(".message-tail")).to_be_hidden()
    await expect(tab.page).to_have_title("What is a monad?")
    shown = await tab.shown_text()
    await tab.reload()
    assert await tab.shown_text() == shown
    assert await tab.source(tab.last_answer) == text


async def test_answer_grows_in_rendered_blocks_and_never_shrinks(tab: Tab) -> None:
    await tab.page.evaluate(RECORD)
    await tab.ask("Tell me. [[fake: endless delay=0.02]]")
    streaming = tab.last_answer.and_(tab.page.locator('[data-status="streaming"]'))
    await expect(streaming.locator(".message-body > p").nth(1)).to_be_visible()
    await expect(streaming.locator(".message-growing")).not_to_be_empty()
    await tab.until("() => window.seen.length > 5")
    await tab.action("stop").click()
    text = await tab.finish("stopped")
    assert text == filler(len(text))
    words = "".join(filter(str.isalnum, text))
    await tab.until(f"() => window.seen.at(-1) === '{words}'")  # the last frame may not be painted yet
    seen: list[str] = await tab.page.evaluate("() => window.seen")
    assert all(later.startswith(earlier) for earlier, later in pairwise(seen))


async def test_page_that_comes_late_follows_from_where_the_answer_is(tab: Tab, server: Server) -> None:
    await tab.ask("Tell me. [[fake: endless delay=0.02]]")
    await expect(tab.last_answer.locator(".message-body > p").nth(3)).to_be_visible()
    wait_until(lambda: saved_answer(server, tab), what="some of it to be saved")
    await tab.reload()
    await expect(tab.last_answer).to_have_attribute("data-status", "streaming")
    await tab.page.evaluate(RECORD)
    await tab.until("() => window.seen.length > 10")
    await tab.action("stop").click()
    text = await tab.finish("stopped")
    assert text == filler(len(text))
    seen: list[str] = await tab.page.evaluate("() => window.seen")
    assert seen[0]
    assert all(later.startswith(earlier) for earlier, later in pairwise(seen))


async def test_rendered_blocks_are_not_touched_again_when_the_answer_ends(tab: Tab) -> None:
    await tab.ask("Tell me. [[fake: chars=1800 hang=1500]]")
    blocks = tab.last_answer.locator(".message-body > p")
    await expect(blocks.nth(1)).to_be_visible()  # so the first is not written any more
    first = blocks.first
    await first.evaluate("(block) => { block.isTheSame = true; getSelection().selectAllChildren(block); }")
    await tab.action("stop").click()
    await tab.finish("stopped")
    assert await first.evaluate("(block) => block.isTheSame && getSelection().toString() === block.innerText")


async def test_demonstration_answers_without_any_provider(fresh_server: Callable[..., Server], tabs: OpenTab) -> None:
    server = fresh_server(OPENAI_API_KEY="", ANTHROPIC_API_KEY="")
    server.start()
    alice = server.sign_up()
    wait_until(lambda: server.get("/models/", alice).json()["default"], within=40, what="the models")
    if server.get("/models/", alice).json()["default"] != "demo/demo":
        pytest.skip("a model server on this machine answers, so the demonstration stays away")
    tab = await tabs(server, alice)
    await expect(tab.page.locator(".composer-hint")).to_contain_text("demonstration")
    text = await tab.ask_and_wait("How do I connect a model?")
    assert "How do I connect a model?" in text
    await expect(tab.last_answer.locator(".message-model")).to_contain_text("Demonstration")


async def test_model_can_be_switched_in_the_middle_of_a_talk(tab: Tab, fake: FakeProviderProcess) -> None:
    await tab.ask_and_wait("First. [[fake: chars=60]]")
    await tab.page.locator("#models-button").click()
    await tab.page.locator("#models-input").fill("claude")
    await tab.page.locator("#models-list [role=option]").click()
    await tab.ask_and_wait("Second. [[fake: chars=60]]")
    names = tab.page.locator(".message-model-name")
    await expect(names).to_have_text(["fake-echo", "Claude Sonnet 5.5"])
    assert [call["path"] for call in fake.calls()] == ["/v1/chat/completions", "/v1/messages"]
    await tab.reload()
    await expect(names).to_have_text(["fake-echo", "Claude Sonnet 5.5"])
    await expect(tab.page.locator("#models-name")).to_have_text("Claude Sonnet 5.5")


async def test_edited_question_begins_a_new_branch(tab: Tab, server: Server) -> None:
    await tab.ask_and_wait("The first words")
    await tab.ask_and_wait("And on")
    await tab.questions.first.hover()
    await tab.questions.first.locator('[data-action="edit"]').click()
    await tab.page.locator(".editor-text").fill("Better words")
    await tab.page.locator(".editor-text").press("Enter")
    await expect(tab.questions.locator(".message-body")).to_have_text(["Better words"], use_inner_text=False)
    assert await tab.finish() == answer_to("Better words")
    shown = await tab.shown_text()
    await tab.reload()
    assert await tab.shown_text() == shown
    with server.database():
        assert Message.objects.filter(conversation=tab.conversation).count() == 6


async def test_regenerated_answer_takes_the_place_of_the_old_one(tab: Tab, fake: FakeProviderProcess) -> None:
    fake.script(text="One answer.")
    fake.script(text="Another answer.")
    assert await tab.ask_and_wait("Say something") == "One answer."
    await tab.last_answer.hover()
    await tab.action("regenerate", tab.last_answer).click()
    await expect(tab.last_answer.locator(".message-body")).to_have_text("Another answer.")
    assert await tab.finish() == "Another answer."
    await expect(tab.messages).to_have_count(2)


async def test_refused_question_goes_back_to_the_composer(tab: Tab, server: Server) -> None:
    """The model is gone by the time the question comes."""
    await tab.page.evaluate("() => { document.getElementById('talk').dataset.model = 'openai/no-such-model'; }")
    await tab.ask("A question of some length")
    await expect(tab.toast).to_be_visible()
    await expect(tab.composer).to_have_value("A question of some length")
    await expect(tab.messages).to_have_count(0)
    await tab.reload()
    await expect(tab.composer).to_have_value("A question of some length")


async def test_failed_answer_says_why_and_can_be_tried_again(tab: Tab, fake: FakeProviderProcess) -> None:
    fake.script(status=400, message="No.", times=3)
    await tab.ask("Say something")
    await tab.finish("failed")
    status = tab.last_answer.locator(".message-status")
    await expect(status.locator(".message-status-text")).not_to_be_empty()
    fake.reset()
    await status.locator('[data-action="regenerate"]').click()
    assert await tab.finish() == answer_to("Say something")


async def test_narrow_screen_shows_everything_without_sideways_scroll(
    tabs: OpenTab, server: Server, alice: Person
) -> None:
    tab = await tabs(server, alice, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    await tab.ask_and_wait("A long line: " + "word" * 60)
    await tab.ask_and_wait("[[fake: text='| a | b |\n|---|---|\n| " + "x" * 300 + " | y |']]")
    assert await tab.page.evaluate("() => document.scrollingElement.scrollWidth <= innerWidth")
    await expect(tab.composer).to_be_in_viewport()
    await tab.page.locator('[data-action="open-drawer"]').click()
    await expect(tab.rows.first).to_be_in_viewport()


async def test_nothing_moves_for_people_who_want_less_motion(tabs: OpenTab, server: Server, alice: Person) -> None:
    tab = await tabs(server, alice, reduced_motion="reduce")
    await tab.ask("Tell me. [[fake: chars=1200 hang=600]]")
    await expect(tab.last_answer).to_have_attribute("data-status", "streaming")
    running = "() => document.getAnimations().filter((one) => one.effect.getComputedTiming().duration > 20).length"
    assert await tab.page.evaluate(running) == 0


GROW = """async ({html, text}) => {
  const {growInto} = await import("/static/js/growing.js");
  const body = document.createElement("div");
  body.innerHTML = html;
  const rest = growInto(body, text);
  return [body.querySelector(".message-growing")?.textContent ?? null, rest];
}"""
CODE = "<figure><figcaption>Python</figcaption><pre><code>x = </code></pre></figure>"


@pytest.mark.parametrize(
    ("html", "text", "inside", "below"),
    [
        ("<p>One</p>", " and two", " and two", ""),
        ("<p>One</p>", " and two.\n\n## Three", " and two.", "## Three"),
        ("<h2>Of mi</h2>", "ce\nThey run", "ce", "They run"),
        ("<ul><li>One</li></ul>", "\n- Two", "\n- Two", ""),
        (CODE, "1\n\ny = 2", "1\n\ny = 2", ""),
        (CODE, "1\n```\n\nThat is it", "1", "\n\nThat is it"),
        ("<hr>", "Next", None, "Next"),
    ],
)
async def test_growing_text_stays_inside_its_block_until_that_ends(
    tab: Tab, html: str, text: str, inside: str | None, below: str
) -> None:
    assert await tab.page.evaluate(GROW, {"html": html, "text": text}) == [inside, below]
