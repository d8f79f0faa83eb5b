"""What a moderator does about a person, as both of them see it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from playwright.async_api import expect

from moderation.decisions import decide_one
from moderation.models import Direction, Incident, Kind, PersonalWarning
from tests.browser.tab import SLOWLY

if TYPE_CHECKING:
    from tests.browser.conftest import OpenTab
    from tests.browser.tab import Tab
    from tests.support.people import Person
    from tests.support.server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.once]

RIGHTS = ("view_incident", "change_incident", "add_personalwarning", "suspend_user", "read_conversation")
OUT_WITHIN = 2.0


def sign_up_moderator(server: Server) -> Person:
    moderator = server.sign_up("mo", is_staff=True)
    with server.database():
        person = get_user_model().objects.get(pk=moderator.user_id)
        person.user_permissions.set(Permission.objects.filter(codename__in=RIGHTS))
    return moderator


async def find_last_answer(server: Server, tab: Tab, person: Person) -> Incident:
    reply = await tab.last_answer.get_attribute("data-message")
    with server.database():
        return Incident.objects.create(
            kind=Kind.HIT,
            person_id=person.user_id,
            subject=UUID(reply),
            direction=Direction.OUTPUT,
            matched="An answer",
        )


async def open_incident(server: Server, tabs: OpenTab, incident: Incident) -> Tab:
    desk = await tabs(server, sign_up_moderator(server), None)
    await desk.page.route("**/favicon.ico", lambda route: route.fulfill(status=204))  # the stock pages name no icon
    await desk.page.goto(f"{server.origin}/admin/moderation/incident/{incident.pk}/change/")
    return desk


async def test_warning_comes_into_the_open_page_and_stays_until_it_is_read(
    server: Server, tabs: OpenTab, tab: Tab, alice: Person
) -> None:
    await tab.ask_and_wait("Say something")
    desk = await open_incident(server, tabs, await find_last_answer(server, tab, alice))
    await desk.page.get_by_role("link", name="Warn the person").click()
    await desk.page.get_by_label("What you want to say").fill("Please do not do that again.")
    await desk.page.get_by_role("button", name="Warn").click()
    await expect(desk.page.locator(".messagelist")).to_contain_text("They were warned", timeout=SLOWLY)
    await expect(tab.page.locator(".warning")).to_contain_text("Please do not do that again.", timeout=SLOWLY)
    await tab.reload()
    await expect(tab.page.locator(".warning")).to_be_visible()
    path = tab.path
    await tab.page.get_by_role("button", name="I have read it").click()
    await expect(tab.page.locator(".warning")).to_have_count(0, timeout=SLOWLY)
    assert tab.path == path
    await tab.reload()
    await expect(tab.page.locator(".warning")).to_have_count(0)
    with server.database():
        assert PersonalWarning.objects.get(person=alice.user_id).acknowledged_at is not None


async def test_suspended_person_is_out_of_page_and_socket_at_once(
    server: Server, tabs: OpenTab, tab: Tab, alice: Person
) -> None:
    await tab.ask_and_wait("Say something")
    desk = await open_incident(server, tabs, await find_last_answer(server, tab, alice))
    async with server.connect(alice) as socket:
        await desk.page.get_by_role("link", name="Suspend the person").click()
        tab.may_lose_line = True
        begun = time.monotonic()
        await desk.page.get_by_role("button", name="Suspend").click()
        assert await socket.receive_close(within=10) == 4401
        assert time.monotonic() - begun < OUT_WITHIN
    assert server.get("/c/", alice).status == 302
    await expect(desk.page.locator(".messagelist")).to_contain_text("is suspended", timeout=SLOWLY)
    await expect(desk.page.get_by_role("link", name="Let the person in again")).to_be_visible()
    await expect(tab.page.locator("html")).not_to_have_attribute("data-connection", "online", timeout=SLOWLY)


async def test_conversation_is_read_from_the_incident_with_a_reason(
    server: Server, tabs: OpenTab, tab: Tab, alice: Person
) -> None:
    await tab.ask_and_wait("Say **something** `bold`")
    desk = await open_incident(server, tabs, await find_last_answer(server, tab, alice))
    await desk.page.get_by_role("link", name="Read the conversation").click()
    await desk.page.get_by_label("Why do you need to read it?").fill("It was found.")
    await desk.page.get_by_role("button", name="Read it").click()
    await expect(desk.page.locator(".reading-message")).to_have_count(2)
    await expect(desk.page.locator(".reading-message[data-marked] strong").first).to_have_text("something")
    await expect(desk.page.locator(".reading-message[data-marked]")).to_contain_text("this is the one")


async def test_second_of_two_who_decide_reads_of_the_first(
    server: Server, tabs: OpenTab, tab: Tab, alice: Person
) -> None:
    await tab.ask_and_wait("Say something")
    incident = await find_last_answer(server, tab, alice)
    desk = await open_incident(server, tabs, incident)
    await desk.page.goto(f"{server.origin}/admin/moderation/incident/?q={incident.subject}")
    await desk.page.locator("#result_list tbody tr").wait_for()
    with server.database():
        first = get_user_model().objects.create(email=f"{uuid4().hex}@example.org")
        decide_one(incident.pk, reviewer=first, state="confirmed")
    await desk.press("j", "d")
    told = desk.page.locator("[data-incident-status]")
    await expect(told).to_contain_text(f"Already confirmed by {first.email} on ", timeout=SLOWLY)
    assert ["409" in problem for problem in desk.problems] == [True], "the browser notes the refusal, and nothing else"
    desk.problems.clear()
    await desk.press("u")
    await expect(told).to_have_text("Open.", timeout=SLOWLY)
    await desk.press("d")
    await expect(told).to_have_text("Dismissed.", timeout=SLOWLY)


async def test_note_is_written_from_the_queue(server: Server, tabs: OpenTab, tab: Tab, alice: Person) -> None:
    await tab.ask_and_wait("Say something")
    incident = await find_last_answer(server, tab, alice)
    desk = await open_incident(server, tabs, incident)
    await desk.page.goto(f"{server.origin}/admin/moderation/incident/?q={incident.subject}")
    await desk.page.locator("#result_list tbody tr").wait_for()
    await desk.press("j", "n")
    await expect(desk.page.get_by_role("textbox", name="Note")).to_be_focused()
    await desk.page.keyboard.type("come and cd this")
    await desk.page.get_by_role("button", name="Save").click()
    await expect(desk.page.locator("[data-incident-status]")).to_have_text("The note is saved.", timeout=SLOWLY)
    await desk.press("n")
    await expect(desk.page.get_by_role("textbox", name="Note")).to_have_value("come and cd this")
    await desk.press("Escape", "c")
    await expect(desk.page.locator("[data-incident-status]")).to_have_text("Confirmed.", timeout=SLOWLY)
    with server.database():
        incident.refresh_from_db()
    assert (incident.note, incident.state) == ("come and cd this", "confirmed")
