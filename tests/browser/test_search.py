"""Finding and doing things by the palette, and the search page with and without scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.utils import timezone
from playwright.async_api import expect

from conversations.models import Conversation, Message, Role
from tests.browser.test_widgets import add_talk

if TYPE_CHECKING:
    from playwright.async_api import Locator

    from tests.browser.conftest import OpenTab
    from tests.browser.tab import Tab
    from tests.support.people import Person
    from tests.support.server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.once]


def options(tab: Tab) -> Locator:
    return tab.page.locator("#palette-list [role=option]")


def active(tab: Tab) -> Locator:
    return tab.page.locator("#palette-list [aria-selected=true]")


async def look_for(tab: Tab, words: str) -> None:
    await tab.press("Control+k")
    await expect(tab.page.locator("#palette-input")).to_be_focused()
    await tab.page.keyboard.type(words)


def add_versions(server: Server, person: Person) -> tuple[Conversation, Message, Message]:
    """Store a talk with two answers; return it, the answer that is not on show, and the one that is."""
    with server.database():
        now = timezone.now()
        talk = Conversation.objects.create(user_id=person.user_id, title="Two versions", model="", updated_at=now)
        question = Message.objects.create(conversation=talk, role=Role.USER, content="Which one?", created_at=now)
        answers = [
            Message.objects.create(
                conversation=talk, role=Role.ASSISTANT, parent=question, content=f"The {word} answer.", created_at=now
            )
            for word in ("hidden", "shown")
        ]
        talk.leaf = answers[1]
        talk.save()
    return talk, answers[0], answers[1]


async def test_palette_leads_to_a_message_in_another_branch(tabs: OpenTab, server: Server, alice: Person) -> None:
    talk, hidden, shown = add_versions(server, alice)
    tab = await tabs(server, alice)
    await look_for(tab, "HIDDEN answ")
    found = options(tab).filter(has_text="The hidden answer.")
    await expect(found.locator("mark")).to_have_text(["hidden", "answ"])
    await expect(found).to_have_attribute("aria-selected", "true")
    await tab.press("Enter")
    await expect(tab.page.locator(f"#m-{hidden.pk}")).to_be_visible()
    await expect(tab.page.locator(f"#m-{shown.pk}")).to_have_count(0)
    await tab.until("() => !location.search")
    assert tab.page.url.endswith(f"/c/{talk.pk}/#m-{hidden.pk}")
    await tab.until(f"async () => (await (await fetch('/c/{talk.pk}/')).text()).includes('m-{hidden.pk}')")
    await tab.reload()
    await expect(tab.page.locator(f"#m-{hidden.pk}")).to_be_visible()


@pytest.mark.parametrize("length", [60, 260])
async def test_message_that_the_address_names_is_in_view(
    tabs: OpenTab, server: Server, alice: Person, length: int
) -> None:
    with server.database():
        now = timezone.now()
        talk = Conversation.objects.create(user_id=alice.user_id, title="Long", model="", updated_at=now)
        parent = None
        for number in range(length):
            parent = Message.objects.create(
                conversation=talk, role=Role.USER, parent=parent, content=f"Number {number}", created_at=now
            )
            if number == 5:
                wanted = parent
        talk.leaf = parent
        talk.save()
    tab = await tabs(server, alice, f"/c/{talk.pk}/?message={wanted.pk}#m-{wanted.pk}")
    await expect(tab.page.locator(f"#m-{wanted.pk}")).to_be_in_viewport()
    await expect(tab.page.locator("#jump")).to_be_visible()
    await tab.reload()
    await expect(tab.page.locator(f"#m-{wanted.pk}")).to_be_in_viewport()


async def test_palette_opens_talks_and_does_things(tabs: OpenTab, server: Server, alice: Person) -> None:
    add_talk(server, alice, "Trip to Lisbon")
    tab = await tabs(server, alice)
    await tab.press("Control+k")
    await expect(active(tab)).to_have_text("Trip to Lisbon")
    await tab.press("Escape")
    await expect(tab.page.locator("#palette")).to_be_hidden()
    await expect(tab.composer).to_be_focused()
    await look_for(tab, "lisb")
    await expect(active(tab)).to_have_text("Trip to Lisbon")
    await tab.press("Enter")
    await expect(tab.page).to_have_title("Trip to Lisbon")
    await look_for(tab, "dark col")
    await expect(options(tab).filter(has_text="Dark colours")).to_be_visible()
    await options(tab).filter(has_text="Dark colours").click()
    await expect(tab.page.locator("html")).to_have_attribute("data-theme", "dark")
    await look_for(tab, "shortcuts")
    await expect(active(tab)).to_have_text("Keyboard shortcuts")
    await tab.press("ArrowDown", "ArrowUp", "Enter")
    await expect(tab.page.locator("#shortcuts")).to_be_visible()


async def test_palette_chooses_a_model(tab: Tab) -> None:
    other = await tab.until(
        """() => JSON.parse(document.getElementById("model-catalogue").textContent).providers
          .flatMap(({models}) => models).find(({id}) => id !== document.getElementById("talk").dataset.model)"""
    )
    await look_for(tab, other["label"])
    await options(tab).filter(has_text=f"Answer with {other['label']}").first.click()
    await expect(tab.page.locator("#talk")).to_have_attribute("data-model", other["id"])


async def test_palette_takes_no_words_for_markup(tabs: OpenTab, server: Server, alice: Person) -> None:
    add_talk(server, alice, "<img src=x onerror=alert(1)> title")
    tab = await tabs(server, alice)
    await look_for(tab, "<img src")
    await expect(active(tab)).to_have_text("<img src=x onerror=alert(1)> title")
    await expect(tab.page.locator("#palette img")).to_have_count(0)


async def test_palette_says_that_the_line_is_lost_and_goes_on(tab: Tab) -> None:
    tab.may_lose_line = True
    await tab.page.context.set_offline(True)
    await look_for(tab, "settings")
    await expect(tab.page.locator("#palette-fault")).to_contain_text("no connection")
    await expect(active(tab)).to_have_text("Settings")
    await tab.page.context.set_offline(False)


async def test_search_page_finds_without_scripts(tabs: OpenTab, server: Server, alice: Person) -> None:
    talk, hidden, _ = add_versions(server, alice)
    tab = await tabs(server, alice, None, java_script_enabled=False)
    await tab.page.goto(f"{server.origin}/c/{talk.pk}/")
    await tab.page.get_by_role("link", name="Search", exact=True).click()
    await tab.page.get_by_label("Words to look for").fill("hidden")
    await tab.page.get_by_role("button", name="Search").click()
    await expect(tab.page.locator("mark")).to_have_text("hidden")
    await tab.page.locator(".hit").first.click()
    await expect(tab.page.locator(f"#m-{hidden.pk}")).to_be_in_viewport()
    await tab.page.goto(f"{server.origin}/search/?q=nowhere")
    await expect(tab.page.locator(".search-none")).to_contain_text("nowhere")
