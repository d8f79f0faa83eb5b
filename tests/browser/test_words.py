"""Words that are not used here, as people and operators see them: the draft, the sentence, the queue by keys."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from playwright.async_api import expect

from moderation.models import Action, Incident, SensitiveWord, State
from moderation.services import file_report
from moderation.words import note_change
from tests.browser.tab import SLOWLY
from tests.moderation.rows import add_word
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.browser.conftest import OpenTab
    from tests.browser.tab import Tab
    from tests.fake_provider import FakeProviderProcess
    from tests.support.server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.once]

CURRENT = "#result_list tr.is-current"


def list_word(server: Server, action: str) -> str:
    """Add a word that no other test of the shared server says, and start the server anew, so that it knows it."""
    word = "q" + "".join(chr(ord("a") + byte % 26) for byte in secrets.token_bytes(9))
    with server.database():
        add_word(word, action)
    server.restart()
    return word


async def test_refused_message_stays_in_the_composer(server: Server, tabs: OpenTab) -> None:
    word = list_word(server, Action.BLOCK)
    alice = server.sign_up("alice")
    wait_until(lambda: server.get("/models/", alice).json()["default"], within=40, what="the models")
    tab = await tabs(server, alice)
    await tab.ask(f"You {word}, you")
    await expect(tab.toast.last).to_contain_text("insults", timeout=SLOWLY)
    await expect(tab.composer).to_have_value(f"You {word}, you")
    await expect(tab.messages).to_have_count(0)
    await tab.ask("You dear, you")
    await expect(tab.toast).to_have_count(0)


async def test_answer_that_is_ended_says_why(server: Server, fake: FakeProviderProcess, tabs: OpenTab) -> None:
    word = list_word(server, Action.BLOCK)
    alice = server.sign_up("alice")
    wait_until(lambda: server.get("/models/", alice).json()["default"], within=40, what="the models")
    fake.script(contains="Tell me", text=f"It was a {word} day, and", chunk=3, delay=0.01)
    tab = await tabs(server, alice)
    await tab.ask("Tell me")
    await expect(tab.last_answer).to_contain_text("words that are not used here (insults)", timeout=SLOWLY)
    await expect(tab.last_answer).to_contain_text("It was a")
    await expect(tab.last_answer).not_to_contain_text(word[:3])


async def test_masked_words_of_a_message_are_bullets_for_who_wrote_them(server: Server, tabs: OpenTab) -> None:
    word = list_word(server, Action.MASK)
    alice = server.sign_up("alice")
    wait_until(lambda: server.get("/models/", alice).json()["default"], within=40, what="the models")
    tab = await tabs(server, alice)
    await tab.ask(f"You {word}, you")
    await expect(tab.questions.last).to_contain_text("You ••••••••••, you", timeout=SLOWLY)


async def test_queue_is_decided_by_keys(server: Server, tabs: OpenTab) -> None:
    operator = server.sign_up("op", is_staff=True, is_superuser=True)
    with server.database():
        Incident.objects.all().delete()
        person = get_user_model().objects.get(pk=operator.user_id)
        filed = [file_report(person, subject=uuid4(), text=f"Answer {number}") for number in range(3)]
    tab = await tabs(server, operator, None)
    await tab.page.route("**/favicon.ico", lambda route: route.fulfill(status=204))  # the stock pages name no icon
    await tab.page.goto(f"{server.origin}/admin/moderation/incident/")
    rows = tab.page.locator("#result_list tbody tr")
    await expect(rows).to_have_count(3)
    await tab.page.keyboard.press("j")
    await expect(tab.page.locator(CURRENT)).to_contain_text("Answer 2")
    await tab.page.keyboard.press("c")
    await expect(rows.nth(0)).to_have_class(re.compile("is-decided"))
    await expect(tab.page.locator(CURRENT)).to_contain_text("Answer 1")
    await tab.page.keyboard.press("d")
    await expect(tab.page.locator(CURRENT)).to_contain_text("Answer 0")
    await tab.page.keyboard.press("k")
    await tab.page.keyboard.press("u")
    await expect(rows.nth(1)).not_to_have_class(re.compile("is-decided"))
    with server.database():
        states = [Incident.objects.get(pk=incident.pk).state for incident in filed]
    assert states == [State.OPEN, State.OPEN, State.CONFIRMED]


async def test_long_list_is_tried_and_imported_with_a_bar(server: Server, tabs: OpenTab, tmp_path: Path) -> None:
    operator = server.sign_up("op", is_staff=True, is_superuser=True)
    mark = secrets.token_hex(4)
    file = tmp_path / "words.csv"
    file.write_text("pattern,note\n" + "".join(f"{mark}x{number},{'y' * 200}\n" for number in range(12_000)))
    tab = await tabs(server, operator, None)
    await tab.page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
    await tab.page.goto(f"{server.origin}/admin/moderation/sensitiveword/import/")
    await tab.page.get_by_label("File").set_input_files(file)
    bar = tab.page.locator("[data-import-status]")
    outcome = tab.page.locator("[data-outcome]")
    await expect(bar).to_be_hidden()
    await tab.page.get_by_role("button", name="Go").click()
    await expect(bar).to_contain_text("of 12,002", timeout=SLOWLY)
    await expect(outcome).to_contain_text("The file has 12000 words", timeout=SLOWLY)
    await expect(bar).to_be_hidden()
    await tab.page.get_by_label("Only try").uncheck()
    await tab.page.get_by_role("button", name="Go").click()
    await expect(outcome).to_contain_text("12000 words are in the list", timeout=3 * SLOWLY)
    with server.database():
        stored = SensitiveWord.objects.filter(pattern__startswith=mark)
        assert stored.count() == 12_000
        stored.delete()
        note_change()


async def test_refused_file_says_why(server: Server, tabs: OpenTab, tmp_path: Path) -> None:
    file = tmp_path / "words.txt"
    file.write_text("word\n")
    tab = await tabs(server, server.sign_up("op", is_staff=True, is_superuser=True), None)
    await tab.page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
    await tab.page.goto(f"{server.origin}/admin/moderation/sensitiveword/import/")
    await tab.page.get_by_label("File").set_input_files(file)
    await tab.page.context.clear_cookies(name="csrf")
    await tab.page.get_by_role("button", name="Go").click()
    await expect(tab.page.locator("[data-import-status]")).to_contain_text(
        "The page was open for a long time", timeout=SLOWLY
    )
    assert ["403" in problem for problem in tab.problems] == [True], "the browser notes the refusal, and nothing else"
    tab.problems.clear()


async def test_answer_is_reported_in_a_dialog(server: Server, tab: Tab) -> None:
    await tab.ask_and_wait("Say something")
    await tab.action("report", tab.last_answer).click()
    dialog = tab.page.locator("#report")
    await expect(dialog).to_be_visible()
    await dialog.get_by_label("Wrong or made up").check()
    await dialog.get_by_label("In your own words").fill("There is no such river.")
    await dialog.get_by_role("button", name="Send the report").click()
    await expect(tab.toast).to_contain_text("Thank you", timeout=SLOWLY)
    await expect(dialog).to_be_hidden()
    reply = await tab.last_answer.get_attribute("data-message")
    with server.database():
        incident = Incident.objects.get(subject=reply)
    assert (incident.category, incident.remark) == ("Wrong or made up", "There is no such river.")
    await tab.action("report", tab.last_answer).click()
    await expect(dialog.get_by_label("In your own words")).to_have_value("")
    await dialog.get_by_role("button", name="Cancel").click()
    await expect(dialog).to_be_hidden()


async def test_message_that_a_second_opinion_holds_back_stays_in_the_composer(
    fresh_server: Callable[..., Server], fake: FakeProviderProcess, tabs: OpenTab
) -> None:
    server = fresh_server("uvicorn", MODERATION_URL=fake.base_url, MODERATION_KEY="sk-moderation")
    server.start()
    alice = server.sign_up("alice")
    wait_until(lambda: server.get("/models/", alice).json()["default"], within=40, what="the models")
    tab = await tabs(server, alice)
    await tab.ask("Hurt them [[objection:violence]]")
    await expect(tab.toast.last).to_contain_text("held back by the rules of this site (violence)", timeout=SLOWLY)
    await expect(tab.composer).to_have_value("Hurt them [[objection:violence]]")
    await expect(tab.messages).to_have_count(0)
    await tab.ask_and_wait("Help them")
    assert "Hurt them" not in server.log
