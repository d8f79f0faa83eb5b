"""What stands around the transcript: the list, the composer, the selector of models, menus and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from tests.fake_provider import answer_to
from tests.support.factories import make_conversation, make_message

if TYPE_CHECKING:
    from playwright.async_api import Locator

    from accounts.models import User
    from conversations.models import Conversation
    from tests.browser.conftest import OpenTab
    from tests.browser.tab import Tab
    from tests.support.people import Person
    from tests.support.server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.once]

NARROW = {"viewport": {"width": 390, "height": 800}}
# Some labels are there for a moment only.
RECORD_LABELS = """(button) => {
  window.labels = [];
  const look = () => window.labels.push(button.ariaLabel);
  new MutationObserver(look).observe(button, {attributeFilter: ["aria-label"]});
}"""


def add_talk(server: Server, person: Person, title: str, **fields: Any) -> Conversation:
    """Store a conversation with one question and one answer."""
    from accounts.models import User as Account  # noqa: PLC0415 - the settings come first

    with server.database():
        owner: User = Account.objects.get(pk=person.user_id)
        conversation = make_conversation(owner, title, **fields)
        make_message(conversation, "Raw *question*", html="Raw *question*")
        html = '<p>Ready</p><figure class="code"><figcaption><span>Text</span></figcaption><pre>one</pre></figure>'
        make_message(conversation, "Ready", html=html, role="assistant", model="openai/gpt-5.5")
    return conversation


def row(tab: Tab, title: str) -> Locator:
    return tab.rows.filter(has_text=title)


async def open_row_menu(tab: Tab, title: str) -> None:
    await row(tab, title).hover()
    await row(tab, title).locator(".row-more").click()


# The list


async def test_renaming_shows_in_the_list_the_header_and_every_tab(
    tabs: OpenTab, server: Server, alice: Person
) -> None:
    talk = add_talk(server, alice, "Before")
    one = await tabs(server, alice, f"/c/{talk.pk}/")
    other = await tabs(server, alice, f"/c/{talk.pk}/")
    await open_row_menu(one, "Before")
    await one.action("rename").click()
    await expect(one.page.locator(".rename-input")).to_be_focused()
    await one.page.keyboard.type("After & all")
    await one.press("Enter")
    for tab in (one, other):
        await expect(tab.rows.locator(".row-title")).to_have_text("After & all")
        await expect(tab.page.locator("#talk-title-button")).to_have_text("After & all")
        await expect(tab.page).to_have_title("After & all")


async def test_renaming_in_the_header_can_be_dropped(tabs: OpenTab, server: Server, alice: Person) -> None:
    tab = await tabs(server, alice, f"/c/{add_talk(server, alice, 'Before').pk}/")
    await tab.action("rename-talk").click()
    await tab.page.keyboard.type("Never mind")
    await tab.press("Escape")
    await expect(tab.page.locator("#talk-title-button")).to_have_text("Before")
    await expect(tab.page.locator("#talk-title-button")).to_be_focused()


async def test_deleting_leaves_the_talk_in_every_tab_and_can_be_undone(
    tabs: OpenTab, server: Server, alice: Person
) -> None:
    talk = add_talk(server, alice, "Gone")
    one = await tabs(server, alice, f"/c/{talk.pk}/")
    other = await tabs(server, alice, f"/c/{talk.pk}/")
    await open_row_menu(one, "Gone")
    await one.action("delete").click()
    await one.page.locator(".toast-action").hover()  # so it stays
    for tab in (one, other):
        await expect(tab.page.locator("#talk")).to_have_attribute("data-conversation", "")
        await expect(tab.rows).to_have_count(0)
    await one.page.locator(".toast-action").click()
    await expect(one.messages).to_have_count(2)
    for tab in (one, other):
        await expect(row(tab, "Gone")).to_have_count(1)


async def test_new_talk_comes_to_the_top_and_pulses_in_every_tab(tabs: OpenTab, server: Server, alice: Person) -> None:
    add_talk(server, alice, "Earlier")
    one, other = await tabs(server, alice), await tabs(server, alice)
    await one.ask("Fresh [[fake: endless delay=0.02]]")
    for tab in (one, other):
        await expect(tab.rows.first).to_contain_text("Fresh")
        await expect(tab.rows.first.locator(".row-pulse")).to_be_visible()
    await one.press("Escape")
    for tab in (one, other):
        await expect(tab.page.locator(".row-pulse:visible")).to_have_count(0)


async def test_list_is_true_again_after_frames_were_lost(tabs: OpenTab, server: Server, alice: Person) -> None:
    add_talk(server, alice, "Known")
    tab = await tabs(server, alice)
    add_talk(server, alice, "Made out of sight")
    await row(tab, "Known").click()
    await expect(row(tab, "Made out of sight")).to_have_count(1)


# The composer


async def test_first_question_moves_the_composer_from_the_middle_to_the_end(tab: Tab) -> None:
    await expect(tab.page.locator("#greeting")).to_be_visible()
    top = await tab.page.evaluate("() => document.getElementById('composer').getBoundingClientRect().top")
    await tab.ask_and_wait("Hello")
    await expect(tab.page.locator("#greeting")).to_be_hidden()
    await tab.until(f"() => document.getElementById('composer').getBoundingClientRect().top > {top} + 100")


async def test_idea_fills_the_composer_and_waits(tab: Tab) -> None:
    await tab.action("suggest").click()
    await expect(tab.composer).to_have_value("Write a Python script that finds duplicate files in a folder, with "
        "tests. Explain the choices you made and what could go wrong.")  # fmt: skip
    await expect(tab.composer).to_be_focused()
    await expect(tab.messages).to_have_count(0)


async def test_enter_breaks_the_line_with_shift_and_sends_without(tab: Tab) -> None:
    await tab.composer.press_sequentially("one")
    await tab.press("Shift+Enter")
    await tab.page.keyboard.type("two")
    await expect(tab.composer).to_have_value("one\ntwo")
    await tab.press("Enter")
    assert await tab.finish() == answer_to("one\ntwo")


@pytest.mark.parametrize("event", ["{isComposing: true}", "{keyCode: 229}"])
async def test_enter_does_not_send_while_a_character_is_composed(tab: Tab, event: str) -> None:
    await tab.composer.fill("にほん")
    await tab.composer.evaluate(
        f"(field) => field.dispatchEvent(new KeyboardEvent('keydown', "
        f"{{key: 'Enter', bubbles: true, cancelable: true, ...{event}}}))"
    )
    await expect(tab.composer).to_have_value("にほん")
    await expect(tab.messages).to_have_count(0)


async def test_draft_stays_with_its_talk_until_it_is_sent(tabs: OpenTab, server: Server, alice: Person) -> None:
    talk = add_talk(server, alice, "Other")
    tab = await tabs(server, alice)
    await tab.composer.fill("half a thought")
    await row(tab, "Other").click()
    await expect(tab.page.locator("#talk")).to_have_attribute("data-conversation", str(talk.pk))
    await expect(tab.composer).to_have_value("")
    await tab.open()
    await expect(tab.composer).to_have_value("half a thought")
    await tab.composer.press("Enter")
    await tab.finish()
    await tab.open()
    await expect(tab.composer).to_have_value("")


async def test_too_long_text_is_told_with_its_length_and_kept(tab: Tab) -> None:
    await tab.composer.fill("😀" * 100_001)
    await expect(tab.page.locator("#composer-note")).to_contain_text("100,001 characters; 100,000 fit")
    await expect(tab.page.locator(".send-button")).to_be_disabled()
    await tab.composer.press("Enter")
    await expect(tab.messages).to_have_count(0)
    await tab.composer.fill("😀" * 100_000)
    await expect(tab.page.locator("#composer-note")).to_be_hidden()
    await expect(tab.page.locator(".send-button")).to_be_enabled()


async def test_send_stands_beside_stop_while_there_are_words(tab: Tab) -> None:
    await tab.ask("Slow [[fake: endless delay=0.02]]")
    await expect(tab.page.locator(".stop-button")).to_be_visible()
    await expect(tab.page.locator(".send-button")).to_be_hidden()
    await tab.composer.fill("Another")
    await expect(tab.page.locator(".send-button")).to_be_enabled()
    await expect(tab.page.locator(".stop-button")).to_be_visible()
    await tab.press("Escape")
    await tab.finish("stopped")
    await expect(tab.page.locator(".send-button")).to_be_enabled()


async def test_up_in_an_empty_composer_edits_the_last_question(tabs: OpenTab, server: Server, alice: Person) -> None:
    tab = await tabs(server, alice, f"/c/{add_talk(server, alice, 'Edit').pk}/")
    await tab.composer.press("ArrowUp")
    editor = tab.page.locator(".editor-text")
    await expect(editor).to_have_value("Raw *question*")
    await editor.fill("Dropped")
    await editor.press("Escape")
    await expect(editor).to_have_count(0)
    await expect(tab.questions.locator(".message-body")).to_have_text("Raw *question*")


async def test_copying_gives_the_raw_text_and_the_bare_code(tabs: OpenTab, server: Server, alice: Person) -> None:
    talk = add_talk(server, alice, "Copy")
    tab = await tabs(server, alice, f"/c/{talk.pk}/", permissions=["clipboard-read", "clipboard-write"])
    await tab.questions.hover()
    for button, text in ((tab.action("copy", tab.questions), "Raw *question*"), (tab.action("copy-code"), "one")):
        await button.evaluate(RECORD_LABELS)
        await button.click()
        await tab.until("() => window.labels.includes('Copied')")
        assert await tab.page.evaluate("() => navigator.clipboard.readText()") == text


# Models, menus, keys


async def test_model_is_found_by_keyboard_and_remembered(tab: Tab) -> None:
    await tab.page.locator("#models-button").press("Enter")
    search = tab.page.get_by_role("combobox")
    await expect(search).to_be_focused()
    options = tab.page.get_by_role("option")
    count = await options.count()
    assert count > 2
    await expect(tab.page.get_by_role("option", selected=True)).to_have_count(1)
    await search.press("ArrowDown")
    await expect(search).to_have_attribute("aria-activedescendant", await options.nth(1).get_attribute("id") or "")
    await search.fill("no such model")
    await expect(tab.page.locator("#models-none")).to_be_visible()
    await search.fill("anthropic")
    wanted = await options.first.get_attribute("data-model") or ""
    assert wanted.startswith("anthropic/")
    await search.press("Enter")
    await expect(tab.page.locator("#models-popup")).to_be_hidden()
    await expect(tab.page.locator("#models-button")).to_be_focused()
    await tab.open()
    await expect(tab.page.locator("#talk")).to_have_attribute("data-model", wanted)


async def test_menus_are_walked_with_the_arrows(tab: Tab) -> None:
    await tab.page.locator("#person-button").press("Enter")
    items = tab.page.locator("#person-menu [role^=menuitem]")
    await expect(items.first).to_be_focused()
    await tab.press("ArrowUp")
    await expect(items.last).to_be_focused()
    await tab.press("Home", "ArrowDown")
    await expect(items.nth(1)).to_be_focused()
    await tab.press("Escape")
    await expect(tab.page.locator("#person-button")).to_be_focused()


async def test_keys_open_their_own_list_and_a_new_talk(tabs: OpenTab, server: Server, alice: Person) -> None:
    tab = await tabs(server, alice, f"/c/{add_talk(server, alice, 'Keys').pk}/")
    await tab.composer.press("?")
    await expect(tab.composer).to_have_value("?")
    await tab.composer.fill("")
    await tab.page.locator("#talk-title-button").focus()
    await tab.press("?")
    await expect(tab.page.locator("#shortcuts")).to_be_visible()
    await tab.press("Escape")
    await expect(tab.page.locator("#shortcuts")).to_be_hidden()
    await tab.press("Control+Shift+O")
    await expect(tab.page.locator("#talk")).to_have_attribute("data-conversation", "")
    await expect(tab.composer).to_be_focused()


async def test_sidebar_folds_to_a_rail_and_stays_so(tab: Tab) -> None:
    await tab.action("fold").click()
    await tab.reload()
    await tab.until("() => document.getElementById('sidebar').offsetWidth < 80")
    await tab.action("fold").click()
    await tab.until("() => document.getElementById('sidebar').offsetWidth > 250")


async def test_drawer_holds_the_list_on_narrow_screens(tabs: OpenTab, server: Server, alice: Person) -> None:
    add_talk(server, alice, "In the drawer")
    tab = await tabs(server, alice, **NARROW)
    await expect(tab.page.locator("#sidebar")).to_be_hidden()
    await tab.action("open-drawer").click()
    await expect(row(tab, "In the drawer")).to_be_visible()
    await tab.press("Escape")
    await expect(tab.page.locator("#sidebar")).to_be_hidden()
    await expect(tab.action("open-drawer")).to_be_focused()
    await tab.action("open-drawer").click()
    await row(tab, "In the drawer").click()
    await expect(tab.page).to_have_title("In the drawer")
    await expect(tab.page.locator("#sidebar")).to_be_hidden()


async def test_transcript_reads_without_scripts(tabs: OpenTab, server: Server, alice: Person) -> None:
    talk = add_talk(server, alice, "Plain")
    tab = await tabs(server, alice, None, java_script_enabled=False)
    await tab.page.goto(f"{server.origin}/c/{talk.pk}/")
    await expect(tab.answers.locator(".message-body")).to_contain_text("Ready")
    await expect(tab.page.locator(".no-script")).to_be_visible()
    await expect(tab.page.locator("#composer")).to_be_hidden()
