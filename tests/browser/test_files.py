"""Bringing files along: picked, pasted or dropped, taken away again, sent, refused, and there after a reload."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from files.models import Upload
from tests.files import samples
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from playwright.async_api import FilePayload, Locator

    from tests.browser.conftest import OpenTab
    from tests.browser.tab import Tab
    from tests.fake_provider import FakeProviderProcess
    from tests.support.people import Person
    from tests.support.server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.once]
NOTES: FilePayload = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"The plan is green."}
MORE: FilePayload = {"name": "more.txt", "mimeType": "text/plain", "buffer": b"And more."}
PHOTO: FilePayload = {"name": "holiday.jpg", "mimeType": "image/jpeg", "buffer": samples.photograph()}
SEES, SEES_NOT = "openai/gpt-5.5", "openai/fake-echo"

# Gives a file to the page as the clipboard or a mouse would.
GIVE = """([type, name, body, selector]) => {
  const data = new DataTransfer();
  data.items.add(new File([body], name, { type: "text/plain" }));
  const options = { bubbles: true, cancelable: true };
  const event = type === "paste"
    ? new ClipboardEvent("paste", { ...options, clipboardData: data })
    : new DragEvent(type, { ...options, dataTransfer: data });
  return !document.querySelector(selector).dispatchEvent(event);
}"""


def chips(tab: Tab) -> Locator:
    return tab.page.locator("#composer-files > .file")


async def pick(tab: Tab, *files: FilePayload) -> None:
    """Pick files and wait until they have arrived."""
    before = await chips(tab).count()
    await tab.page.locator("#composer-pick").set_input_files(list(files))
    await expect(chips(tab)).to_have_count(before + len(files))
    await expect(tab.page.locator("#composer-files progress:visible")).to_have_count(0)


async def choose(tab: Tab, model: str) -> None:
    await tab.page.evaluate("(model) => (document.getElementById('talk').dataset.model = model)", model)


def said(fake: FakeProviderProcess) -> Any:
    return fake.calls()[-1]["body"]["messages"][-1]["content"]


async def test_document_is_sent_read_and_shown_again(tab: Tab, fake: FakeProviderProcess) -> None:
    await pick(tab, NOTES)
    await expect(chips(tab)).to_contain_text("notes.txt")
    await expect(tab.page.locator("#composer-files-said")).to_have_text("notes.txt is attached.")
    await tab.ask_and_wait("What is the plan?")
    assert said(fake) == '<document name="notes.txt">\nThe plan is green.\n</document>\n\nWhat is the plan?'
    await expect(chips(tab)).to_have_count(0)
    link = tab.questions.last.locator(".message-files a")
    await expect(link).to_contain_text("notes.txt")
    await tab.reload()
    await expect(link).to_contain_text("notes.txt")
    async with tab.page.expect_download() as download:
        await link.click()
    assert (await download.value).suggested_filename == "notes.txt"


async def test_picture_goes_to_a_model_that_sees(tab: Tab, fake: FakeProviderProcess) -> None:
    await choose(tab, SEES)
    await pick(tab, PHOTO)
    await expect(chips(tab).locator("img")).to_have_js_property("naturalWidth", 48)
    await tab.page.locator(".send-button").click()  # without a word
    await tab.finish()
    assert said(fake)[0]["image_url"]["url"].startswith("data:image/jpeg;base64,")
    picture = tab.questions.last.locator(".message-files img")
    await expect(picture).to_have_js_property("naturalWidth", 48)
    await tab.reload()
    await expect(picture).to_have_js_property("naturalWidth", 48)


async def test_picture_for_a_model_that_does_not_see_comes_back_with_the_words(tab: Tab) -> None:
    await choose(tab, SEES_NOT)
    await pick(tab, PHOTO)
    await tab.ask("Where is this?")
    await expect(tab.toast).to_contain_text("cannot see pictures")
    await expect(tab.composer).to_have_value("Where is this?")
    await expect(chips(tab)).to_have_count(1)
    await expect(tab.messages).to_have_count(0)


@pytest.mark.parametrize("way", ["paste", "drop"])
async def test_file_is_pasted_or_dropped(tab: Tab, way: str) -> None:
    selector = "#composer-text" if way == "paste" else "#transcript"
    is_taken = await tab.page.evaluate(GIVE, [way, "dropped.md", "# Hello", selector])
    assert is_taken
    await expect(chips(tab)).to_contain_text("dropped.md")
    await expect(tab.page.locator("#composer-files progress:visible")).to_have_count(0)


async def test_words_in_the_clipboard_win(tab: Tab) -> None:
    both = GIVE.replace("data.items.add", 'data.setData("text/plain", "words"); data.items.add')
    assert not await tab.page.evaluate(both, ["paste", "copied.md", "# Hello", "#composer-text"])
    await expect(chips(tab)).to_have_count(0)


async def test_file_waits_for_its_person_over_a_reload_and_another_conversation(tab: Tab) -> None:
    await tab.ask_and_wait("Hello")
    await pick(tab, NOTES)
    await tab.reload()
    await expect(chips(tab)).to_contain_text("notes.txt")
    await tab.page.goto(f"{tab.origin}/c/")
    await expect(chips(tab)).to_have_count(0)
    await tab.page.go_back()
    await expect(chips(tab)).to_contain_text("notes.txt")


async def test_file_is_taken_away_by_keyboard(tab: Tab, server: Server, alice: Person) -> None:
    await pick(tab, NOTES, MORE)
    await chips(tab).first.get_by_role("button", name="Remove notes.txt").press("Enter")
    await expect(chips(tab)).to_have_count(1)
    await expect(tab.page.get_by_role("button", name="Remove more.txt")).to_be_focused()
    await tab.page.keyboard.press("Enter")
    await expect(tab.composer).to_be_focused()
    await expect(tab.page.locator(".send-button")).to_be_disabled()

    def is_gone() -> bool:
        with server.database():
            return not Upload.objects.filter(user=alice.user_id).exists()

    wait_until(is_gone, what="the files to be gone")


async def test_upload_is_called_back_while_it_is_on_its_way(tab: Tab, server: Server, alice: Person) -> None:
    large: FilePayload = {"name": "large.txt", "mimeType": "text/plain", "buffer": b"word " * 2_000_000}
    session = await tab.page.context.new_cdp_session(tab.page)
    await session.send("Network.enable")
    await session.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 100_000},
    )
    await tab.page.locator("#composer-pick").set_input_files(large)
    await expect(chips(tab).locator("progress")).to_be_visible()
    await tab.ask("Too early")
    await expect(tab.toast).to_contain_text("still on its way")
    await tab.page.get_by_role("button", name="Remove large.txt").click()
    await expect(chips(tab)).to_have_count(0)
    with server.database():
        assert not Upload.objects.filter(user=alice.user_id, is_ready=True).exists()


async def test_refused_file_says_why(tab: Tab) -> None:
    false: FilePayload = {"name": "picture.png", "mimeType": "image/png", "buffer": b"<svg/>"}
    await tab.page.locator("#composer-pick").set_input_files(false)
    await expect(tab.toast).to_have_text("picture.png is not what its name says it is. It was not attached.")
    await expect(chips(tab)).to_have_count(0)
    tab.problems = [problem for problem in tab.problems if "400" not in problem]


async def test_file_that_is_too_large_is_not_even_sent(tab: Tab) -> None:
    large: FilePayload = {"name": "large.txt", "mimeType": "text/plain", "buffer": b"x" * (20 * 1024 * 1024 + 1)}
    await tab.page.locator("#composer-pick").set_input_files(large)
    await expect(tab.toast).to_have_text("large.txt is larger than 20 MB. It was not attached.")
    await expect(chips(tab)).to_have_count(0)


async def test_other_tab_sees_what_a_question_carries(tab: Tab, tabs: OpenTab, server: Server, alice: Person) -> None:
    await tab.ask_and_wait("Hello")
    other = await tabs(server, alice, tab.path)
    await pick(tab, NOTES)
    await tab.ask_and_wait("And this?")
    await expect(other.questions.last.locator(".message-files")).to_contain_text("notes.txt")
