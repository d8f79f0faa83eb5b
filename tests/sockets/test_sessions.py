"""Who may stay: sign-out, a new password and suspension close the sockets within two seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from websockets.exceptions import InvalidStatus

from accounts.models import User
from tests.support.server import Server, on_both_servers

if TYPE_CHECKING:
    from tests.fake_provider import FakeProviderProcess

SIGNED_OUT = 4401
WITHIN = 2.0


async def test_socket_without_a_session_is_refused_before_accept(server: Server) -> None:
    with pytest.raises(InvalidStatus) as caught:
        await server.connect(None).open()
    assert caught.value.response.status_code == 403


@on_both_servers
async def test_logging_out_closes_the_socket(server: Server, fake: FakeProviderProcess) -> None:
    alice = server.sign_up()
    async with server.connect(alice) as socket:
        assert server.post("/accounts/logout/", alice).status == 302
        assert await socket.receive_close(within=WITHIN) == SIGNED_OUT
    with pytest.raises(InvalidStatus):
        await server.connect(alice).open()


@on_both_servers
async def test_logging_out_leaves_other_people_alone(server: Server, fake: FakeProviderProcess) -> None:
    alice, bob = server.sign_up("alice"), server.sign_up("bob")
    async with server.connect(bob) as socket:
        server.post("/accounts/logout/", alice)
        await socket.send("ping")
        await socket.receive("pong")


@on_both_servers
async def test_action_of_a_suspended_person_is_refused_and_the_socket_closed(
    server: Server, fake: FakeProviderProcess
) -> None:
    alice = server.sign_up()
    async with server.connect(alice) as socket:
        with server.database():
            User.objects.filter(pk=alice.user_id).update(is_active=False)
        await socket.send("conversation.open", conversation=alice.user_id)
        assert await socket.receive_close(within=WITHIN) == SIGNED_OUT


@on_both_servers
async def test_suspending_in_the_admin_closes_the_socket(server: Server, fake: FakeProviderProcess) -> None:
    operator = server.sign_up("operator", is_staff=True, is_superuser=True)
    alice = server.sign_up()
    async with server.connect(alice) as socket:
        answer = server.post(
            "/admin/accounts/user/", operator, action="suspend", _selected_action=str(alice.user_id), index="0"
        )
        assert answer.status == 302
        assert await socket.receive_close(within=WITHIN) == SIGNED_OUT


@on_both_servers
async def test_changing_the_password_closes_every_socket(server: Server, fake: FakeProviderProcess) -> None:
    alice = server.sign_up()
    async with server.connect(alice) as socket:
        new = "another quiet river 7"
        answer = server.post("/accounts/settings/password/", alice, oldpassword=alice.password, password1=new)
        assert answer.status == 302
        assert await socket.receive_close(within=WITHIN) == SIGNED_OUT
