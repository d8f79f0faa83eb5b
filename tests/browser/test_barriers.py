"""No page keeps anybody out: axe finds no violation, wide and narrow, light and dark, and nothing is cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.urls import reverse

from accounts.models import ApiToken
from chatproject.demo_data import make_incidents, make_messages, make_people
from conversations.models import Folder, Preset
from files.models import Kind, Upload
from sharing.services import share_branch
from tests.browser.axe import expect_none, list_all_barriers
from tests.site.test_access import ARGUMENTS, NAMELESS, OPERATOR_ARGUMENTS, routes
from tests.support.factories import make_conversation, make_message
from tests.support.server import MODEL
from transfer.models import Export, Format, Import, State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from tests.browser.conftest import OpenTab
    from tests.browser.tab import Tab
    from tests.support.people import Person
    from tests.support.server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.once]

RICH = """# A heading

Words with **weight**, *slant*, `code`, a [link](https://example.org) and a note[^1]. 中文, العربية, 🌌.

> Quoted.

- [x] done
- [ ] open

| Name | Value |
|---|---:|
| a long name | 1 |

```python
def sky(colour: str) -> str:
    return f"The sky is {colour}, and this line is much too long for a narrow window, so it scrolls by itself"
```

$$\\int_0^1 x^2 dx = \\frac13$$

[^1]: The note.
"""
ANSWERED = "text/html"
PARTS = {"embed_diagrams", "embed_preview", "conversations:more"}
"""Parts of other pages, in which they are looked at."""


def furnish(server: Server, person: Person) -> UUID:
    """Give a person one of everything, all under one id."""
    with server.database():
        talk = make_conversation(apps.get_model("accounts.User")(pk=person.user_id), "A talk", model=MODEL)
        user = talk.user_id
        make_message(talk, "A question", pk=talk.pk)
        Folder.objects.create(pk=talk.pk, user_id=user, name="A folder")
        Preset.objects.create(pk=talk.pk, user_id=user, name="A preset", model=MODEL)
        Export.objects.create(pk=talk.pk, user_id=user, format=Format.JSON, state=State.DONE)
        Import.objects.create(pk=talk.pk, user_id=user, name="A file", state=State.READY)
        Upload.objects.create(pk=talk.pk, user_id=user, name="A.txt", kind=Kind.DOCUMENT, size=1, kept=1, is_ready=True)
        ApiToken.objects.create(pk=talk.pk, user_id=user, name="A token", token_hash=talk.pk.hex * 2, scopes="read")
        people = make_people(0)
        make_messages(400, people, lambda _: None)
        make_incidents(40, people, lambda _: None)
    return talk.pk


def pages_of(server: Server, person: Person | None, own: UUID, *, of_admin: bool) -> Iterator[str]:
    """Give the address of every page that this person is shown."""
    for name, path, pattern in routes():
        if path in NAMELESS or name in PARTS or name.endswith(":") or name.startswith("admin:") != of_admin:
            continue
        known = {**ARGUMENTS, **dict.fromkeys(OPERATOR_ARGUMENTS, row_of(server, name) or own)}
        names = pattern.pattern.converters or pattern.pattern.regex.groupindex
        address = reverse(name, kwargs={argument: known.get(argument, own) for argument in names})
        answer = server.get(address, person, Accept="text/html")
        if answer.status not in {301, 302, 405} and answer.headers["content-type"].startswith(ANSWERED):
            yield address


def row_of(server: Server, name: str) -> Any:
    """Find a row for a page of the admin about one."""
    parts = name.removeprefix("admin:").split("_")
    if not name.startswith("admin:") or len(parts) < 3:
        return None
    try:
        model = apps.get_model(parts[0], parts[1])
    except LookupError:
        return None
    if model._meta.swapped:
        return None
    with server.database():
        return model._default_manager.values_list("pk", flat=True).first()


async def look_at_all(tab: Tab, addresses: list[str], *, has_wide_tables: bool = False) -> dict[str, Any]:
    found = {}
    for address in addresses:
        answer = await tab.page.goto(f"{tab.origin}{address}")
        assert answer
        tab.problems[:] = [one for one in tab.problems if f"status of {answer.status}" not in one]
        found[address] = await list_all_barriers(tab.page, has_wide_tables=has_wide_tables)
    return found


async def test_pages_for_strangers_have_no_barriers(tabs: OpenTab, server: Server, alice: Person) -> None:
    with server.database():
        talk = make_conversation(apps.get_model("accounts.User").objects.get(pk=alice.user_id), "Shared")
        make_message(talk, RICH, html="<p>A question</p>")
        token = share_branch(talk)[1]
    tab = await tabs(server, None, None)
    addresses = [*pages_of(server, None, talk.pk, of_admin=False), f"/s/{token}/", "/nothing-here/"]
    assert len(addresses) > 10
    expect_none(await look_at_all(tab, addresses))


async def test_pages_for_people_have_no_barriers(tabs: OpenTab, server: Server, alice: Person) -> None:
    own = furnish(server, alice)
    tab = await tabs(server, alice, None)
    addresses = list(pages_of(server, alice, own, of_admin=False))
    assert len(addresses) > 20
    expect_none(await look_at_all(tab, addresses))


async def test_pages_for_operators_have_no_barriers(tabs: OpenTab, server: Server) -> None:
    operator = server.sign_up("op", is_staff=True, is_superuser=True)
    own = furnish(server, operator)
    tab = await tabs(server, operator, None)
    addresses = list(pages_of(server, operator, own, of_admin=True))
    assert len(addresses) > 40
    expect_none(await look_at_all(tab, addresses, has_wide_tables=True))
