"""A talk of 10,000 messages in Chromium: how soon it opens, how soon a key shows meanwhile, how light the page stays.

A key is timed by the browser itself while an answer streams, from the press to the next picture (Event Timing, in
steps of 8 ms; what it does not report took less than 16 ms). The walk goes up and down by parts, as somebody does who
scrolls to the edge again and again.
"""

from __future__ import annotations

import argparse
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from benchmarks.stage import MODEL, Stage, figures, percentile, run, stage, verdict

if TYPE_CHECKING:
    from uuid import UUID

    from playwright.async_api import CDPSession, Page

    from tests.support.people import Person

MESSAGES = 10_000
OPENINGS = 5
KEYS = 150
SHORTEST = 16.0
"""Milliseconds; the browser reports no key that took less."""
WAIT = 60_000
OPEN_WITHIN, KEY_WITHIN, NODES_AT_MOST = 1.0, 50.0, 30_000
SHARES = {"Task": "", "Script": "scripts", "RecalcStyle": "styles", "Layout": "layout"}
QUESTION = "What follows from point {number}, and what does it cost?"
ANSWER = "Point {number} stands on three things. " + "Each of them is known, and each has its price. " * 8
HTML = "<p>{0}</p><ul><li>One thing</li><li>Another</li></ul><pre><code>value = {1}\n</code></pre>"
WATCH_KEYS = """() => { window.keys = []; new PerformanceObserver((list) => window.keys.push(...list.getEntries()
  .filter(({ name }) => name === "keydown").map(({ duration }) => duration)))
  .observe({ type: "event", durationThreshold: 16 }); }"""
IS_READY = """() => document.documentElement.dataset.connection === "online"
  && document.querySelector("#transcript > .message:last-of-type")?.getBoundingClientRect().bottom < innerHeight"""
PAINTED = "() => performance.getEntriesByName('first-contentful-paint')[0].startTime"
EDGES = """() => { const all = document.querySelectorAll("#transcript > .message");
  return all[0].id + all[all.length - 1].id; }"""
COUNT = "() => document.querySelectorAll('*').length"
STREAMED = "() => document.querySelector('#transcript > .message:last-of-type .message-body').textContent.length"


async def measure(parts: int) -> None:
    from playwright.async_api import async_playwright  # noqa: PLC0415 - after the settings

    from tests.support.instances import find_program  # noqa: PLC0415 - likewise

    with stage() as here:
        person = here.server.sign_up()
        talk = store_talk(here, person)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=find_program("chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
            context = await browser.new_context(viewport={"width": 1280, "height": 800})
            await context.add_cookies([{"name": "session", "value": person.session_key, "url": here.server.url}])
            page = await context.new_page()
            await opening(page, f"{here.server.url}/c/{talk}/")
            line = await context.new_cdp_session(page)
            await line.send("Performance.enable", {"timeDomain": "threadTicks"})
            await typing(page, line)
            await walking(page, line, parts)
            await browser.close()


def store_talk(here: Stage, person: Person) -> UUID:
    """Store a talk of questions and rendered answers, one under the other."""
    from django.utils import timezone  # noqa: PLC0415 - after the settings

    from conversations.models import Conversation, Message, Role  # noqa: PLC0415 - likewise
    from conversations.rendering import RENDERER_VERSION  # noqa: PLC0415 - likewise

    with here.server.database():
        now = timezone.now()
        talk = Conversation.objects.create(user_id=person.user_id, title="A long talk", model=MODEL, updated_at=now)
        rows = [Message(conversation=talk, created_at=now, **_words(number, Role)) for number in range(MESSAGES)]
        for above, below in pairwise(rows):
            below.parent = above
        for row in rows:
            row.renderer_version = RENDERER_VERSION
        Message.objects.bulk_create(rows, batch_size=500)
        Conversation.objects.filter(pk=talk.pk).update(leaf=rows[-1])
        return talk.pk


def _words(number: int, role: Any) -> dict[str, Any]:
    if number % 2 == 0:
        question = QUESTION.format(number=number)
        return {"role": role.USER, "content": question, "html": f"<p>{question}</p>"}
    answer = ANSWER.format(number=number)
    return {"role": role.ASSISTANT, "model": MODEL, "content": answer, "html": HTML.format(answer, number)}


async def opening(page: Page, address: str) -> None:
    painted, ready = [], []
    for _ in range(OPENINGS):
        await page.goto("about:blank")
        began = time.monotonic()
        await page.goto(address, wait_until="commit")
        await page.wait_for_function(IS_READY, timeout=WAIT)
        ready.append(time.monotonic() - began)
        painted.append(await page.evaluate(PAINTED) / 1000)
    print(f"  opening: painted {figures(painted)}; at its end and connected {figures(ready)}")
    print(verdict("opened, the slowest", max(ready), OPEN_WITHIN, "s"), flush=True)


async def typing(page: Page, line: CDPSession) -> None:
    await page.locator("#composer-text").fill("Tell me all of it. [[fake: endless delay=0.02]]")
    await page.keyboard.press("Enter")
    await page.wait_for_function(f"() => ({STREAMED})() > 200", timeout=WAIT)
    await page.evaluate(WATCH_KEYS)
    before = await look(line)
    for number in range(KEYS):
        await page.keyboard.press("Space" if number % 6 == 5 else "abcdefghij"[number % 10])
        await page.wait_for_timeout(40)
    after = await look(line)
    spent = {name: (after[f"{name}Duration"] - before[f"{name}Duration"]) / KEYS * 1000 for name in SHARES}
    await page.wait_for_timeout(500)
    told = await page.evaluate("() => window.keys")
    slow = [float(one) for one in told]
    keys = [*slow, *[SHORTEST] * (KEYS - len(slow))]
    grown = await page.evaluate(STREAMED)
    print(f"  typing while an answer streams ({grown:,} characters by then): {figures(keys, scale=1.0)}")
    print(
        f"  the page's thread spends {spent['Task']:.1f} ms of processor time a key, the streaming included: ", end=""
    )
    print(", ".join(f"{SHARES[name]} {spent[name]:.1f} ms" for name in SHARES if name != "Task"))
    print(verdict("a key shows, p95", percentile(keys, 95), KEY_WITHIN, "ms"), flush=True)
    await page.locator("#composer-text").fill("")
    await page.keyboard.press("Escape")


async def walking(page: Page, line: CDPSession, parts: int) -> None:
    counts, waits = [await page.evaluate(COUNT)], []
    for kind, script in (("earlier", "scrollTo(0, 0)"), ("later", "scrollTo(0, document.body.scrollHeight)")):
        for _ in range(parts):
            if not await page.locator(f"#transcript > .{kind}").count():
                break
            before, began = await page.evaluate(EDGES), time.monotonic()
            await page.evaluate(f"() => {script}")
            await page.wait_for_function(f"(before) => ({EDGES})() !== before", arg=before, timeout=WAIT)
            waits.append(time.monotonic() - began)
            counts.append(await page.evaluate(COUNT))
    await line.send("HeapProfiler.collectGarbage")
    metrics = await look(line)
    print(f"  walking {len(waits)} parts up and down: the next part stands after {figures(waits)}")
    print(f"  elements: {counts[0]:,} when it was opened, at most {max(counts):,}, {counts[-1]:,} at the end")
    print(f"  the page has {metrics['JSHeapUsedSize'] / 1e6:.0f} MB of objects then")
    print(verdict("elements in the page", max(counts), NODES_AT_MOST, ""), flush=True)


async def look(line: CDPSession) -> dict[str, float]:
    """Give what the browser counts of the page; times are of the processor."""
    return {one["name"]: one["value"] for one in (await line.send("Performance.getMetrics"))["metrics"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", type=int, default=12, help="how many parts to walk up, and down again")
    run("A talk of 10,000 messages", measure(parser.parse_args().parts))


if __name__ == "__main__":
    main()
