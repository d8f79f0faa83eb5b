"""Everything without a mouse, and without sending a word that an input method still composes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.fake_provider import answer_to

if TYPE_CHECKING:
    from tests.browser.tab import Tab

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.once]


async def test_talk_by_keyboard_alone(tab: Tab) -> None:
    keyboard = tab.page.keyboard
    await expect(tab.composer).to_be_focused()
    await keyboard.type("First line")
    await keyboard.press("Shift+Enter")
    await keyboard.type("second line")
    await expect(tab.composer).to_have_value("First line\nsecond line")
    await keyboard.press("Enter")
    await expect(tab.answers).to_have_count(1)
    assert await tab.finish() == answer_to("First line\nsecond line")
    await expect(tab.composer).to_be_focused()
    await keyboard.type("Stop me [[fake: endless delay=0.02]]")
    await keyboard.press("Enter")
    await expect(tab.last_answer).to_contain_text("Sentence 2")
    await keyboard.press("Escape")
    await tab.finish("stopped")
    await keyboard.press("ArrowUp")
    await expect(tab.page.locator(".editor-text")).to_be_focused()
    await keyboard.press("Control+a")
    await keyboard.type("Better")
    await keyboard.press("Enter")
    await expect(tab.last_answer).to_contain_text("Better")
    assert await tab.finish() == answer_to("Better")
    await keyboard.press("Control+k")
    await expect(tab.page.locator("#palette-input")).to_be_focused()
    await keyboard.press("Escape")
    await keyboard.press("Control+Shift+O")
    await expect(tab.messages).to_have_count(0)
    await expect(tab.composer).to_be_focused()


async def test_keys_of_the_list_do_what_it_says(tab: Tab) -> None:
    keyboard = tab.page.keyboard
    await tab.ask_and_wait("About cats [[fake: chars=60]]")
    await keyboard.press("Control+Shift+S")
    await tab.until("() => document.getElementById('sidebar').offsetWidth < 80")
    await keyboard.press("Control+Shift+S")
    await tab.until("() => document.getElementById('sidebar').offsetWidth > 250")
    await keyboard.press("F2")
    await expect(tab.page.locator(".rename-input")).to_be_focused()
    await keyboard.type("Cats")
    await keyboard.press("Enter")
    await expect(tab.page).to_have_title("Cats")
    await keyboard.press("Shift+Escape")
    await expect(tab.composer).to_be_focused()
    await keyboard.press("Control+Shift+C")
    await expect(tab.action("copy", tab.last_answer).locator("use")).to_have_attribute("href", re.compile("#check$"))
    await keyboard.type("a?")
    await expect(tab.composer).to_have_value("a?")
    await tab.composer.blur()
    await keyboard.press("?")
    await expect(tab.page.locator("#shortcuts")).to_be_visible()
    await keyboard.press("F2")
    await expect(tab.page.locator(".rename-input")).to_have_count(0)


async def test_enter_does_not_send_while_an_input_method_composes(tab: Tab) -> None:
    line = await tab.page.context.new_cdp_session(tab.page)
    await tab.composer.focus()
    await line.send("Input.imeSetComposition", {"text": "にほん", "selectionStart": 3, "selectionEnd": 3})
    composing = {"type": "keyDown", "key": "Process", "code": "Enter", "windowsVirtualKeyCode": 229}
    await line.send("Input.dispatchKeyEvent", composing)
    await tab.composer.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True})
    await expect(tab.composer).to_have_value("にほん")
    await expect(tab.messages).to_have_count(0)
    await line.send("Input.insertText", {"text": "日本"})
    await expect(tab.composer).to_have_value("日本")
    await tab.composer.press("Enter")
    await expect(tab.answers).to_have_count(1)
    assert await tab.finish() == answer_to("日本")


async def test_screen_readers_hear_sentences(tab: Tab) -> None:
    """The announcer says what was said, in order; nothing that is half a sentence."""
    await tab.page.evaluate(
        """() => { window.heard = []; const announcer = document.getElementById("announcer");
        new MutationObserver(() => window.heard.push(announcer.textContent))
          .observe(announcer, {childList: true, characterData: true, subtree: true}); }"""
    )
    await tab.ask("Tell me [[fake: chars=1180 delay=0.03]]")
    await tab.finish()
    await tab.until("() => window.heard.join(' ').includes('Sentence 19')")
    heard: list[str] = [words for words in await tab.page.evaluate("() => window.heard") if words]
    assert all(words.startswith("Sentence") for words in heard)
    assert all(words.endswith("else.") for words in heard[:-1])
    numbers = [int(part.split()[0]) for part in " ".join(heard).split("Sentence ")[1:]]
    assert numbers == list(range(1, len(numbers) + 1))


async def test_screen_readers_hear_names_whole_and_no_addresses(tab: Tab) -> None:
    await tab.page.evaluate(
        """async () => { const {announce, announceRest} = await import("/static/js/announcer.js");
        announce("r", "");
        announceRest("r", "Set `OPENAI_API_KEY`, _then_ see **[Ollama](https://ollama.com)**."); }"""
    )
    await expect(tab.page.locator("#announcer")).to_have_text("Set OPENAI_API_KEY, then see Ollama.")
