"""Without a connection: a page of ours instead of the browser's, and nothing of anybody's talks kept for it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.browser.axe import expect_none, list_all_barriers

if TYPE_CHECKING:
    from tests.browser.tab import Tab

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.once]

READY = "async () => { await navigator.serviceWorker.ready; return Boolean(navigator.serviceWorker.controller); }"
KEPT = """async () => {
  const names = await caches.keys();
  const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
  return {names, addresses: requests.flat().map(({url}) => new URL(url).pathname)};
}"""
SOURCE_OF_POST = """async () => {
  const address = "/embed/diagrams/?sent";
  const told = new Promise((tell) => {
    const look = (list) => list.getEntries().filter(({name}) => name.endsWith(address)).forEach(tell);
    new PerformanceObserver(look).observe({type: "resource"});
  });
  await (await fetch(address, {method: "POST"})).text();
  return (await told).workerFinalSourceType;
}"""


async def test_page_without_connection_is_kind_and_goes_on_by_itself(tab: Tab) -> None:
    tab.may_lose_line = True
    await tab.ask_and_wait("A secret question")
    await tab.page.wait_for_function(READY)
    await tab.composer.fill("half a thought")
    await tab.page.context.set_offline(True)
    await tab.page.reload()
    await expect(tab.page.get_by_role("heading", name="There is no connection")).to_be_visible()
    expect_none({"offline": await list_all_barriers(tab.page)})
    await tab.page.context.set_offline(False)
    await tab.be_online()
    await expect(tab.messages).to_have_count(2)
    await expect(tab.composer).to_have_value("half a thought")


async def test_nothing_that_is_said_is_kept(tab: Tab) -> None:
    await tab.ask_and_wait("A secret question")
    await tab.page.wait_for_function(READY)
    await tab.reload()
    await tab.open("/c/")
    await tab.page.goto(f"{tab.origin}/library/")
    kept = await tab.page.evaluate(KEPT)
    assert len(kept["names"]) == 1
    assert all(re.match(r"/offline/$|/static/", address) for address in kept["addresses"])
    assert "/offline/" in kept["addresses"]


async def test_older_copy_goes_when_the_new_one_is_there(tab: Tab) -> None:
    await tab.page.wait_for_function(READY)
    await tab.page.evaluate("async () => { await caches.open('offline-of-yesterday'); }")
    await tab.page.evaluate("async () => { await (await navigator.serviceWorker.ready).unregister(); }")
    await tab.reload()
    await tab.until("async () => { await navigator.serviceWorker.ready; return (await caches.keys()).length === 1; }")
    assert not (await tab.page.evaluate(KEPT))["names"][0].endswith("yesterday")


async def test_what_is_sent_as_the_page_goes_takes_the_direct_way(tab: Tab) -> None:
    """Through the worker it would be lost with the process of the page."""
    await tab.page.wait_for_function(READY)
    assert await tab.page.evaluate(SOURCE_OF_POST) == "network"
    assert len(tab.problems) == 1  # nothing takes what is sent there
    tab.problems.clear()
