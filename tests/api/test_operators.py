"""What operators end: whatever a program does with a token stops when they say so."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from accounts.models import ApiToken
from tests.api.listening import PATIENCE, Program
from tests.support.server import MODEL

if TYPE_CHECKING:
    from tests.fake_provider import FakeProviderProcess
    from tests.support.people import Person
    from tests.support.server import Server


@pytest.mark.parametrize(("deed", "ends"), [("revoke", {"error"}), ("suspend", {"error", "finished"})])
async def test_operators_end_the_streams_of_a_token(
    server: Server, fake: FakeProviderProcess, deed: str, ends: set[str]
) -> None:
    alice, operator = server.sign_up(), server.sign_up("operator", is_staff=True, is_superuser=True)
    fake.set_default(chars=2000, chunk=20, delay=0.005, hang=600)
    async with Program(server, server.give_token(alice)) as program:
        async with program.listen("/api/chat", text=f"On and on {uuid4().hex}", model=MODEL) as events:
            assert (await anext(events)).kind == "accepted"
            end(server, operator, alice, deed)
            async with asyncio.timeout(PATIENCE):  # by itself it would look only after a minute
                assert [event.kind async for event in events][-1] in ends
        assert (await program.get("/api/me")).status_code == 401


def end(server: Server, operator: Person, person: Person, deed: str) -> None:
    if deed == "suspend":
        answer = server.post(f"/admin/accounts/user/{person.user_id}/suspension/", operator, active="no")
    else:
        with server.database():
            token = ApiToken.objects.get(user=person.user_id)
        answer = server.post(f"/admin/accounts/apitoken/{token.pk}/delete/", operator, post="yes")
    assert answer.status == 302
