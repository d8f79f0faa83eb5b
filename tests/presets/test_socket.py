"""A stranger's preset is an unknown model on the line too."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from conversations.models import Preset
from tests.support.server import MODEL

if TYPE_CHECKING:
    from tests.support.server import Server


async def test_strangers_preset_is_an_unknown_model(server: Server) -> None:
    alice, bob = server.sign_up("alice"), server.sign_up("bob")
    with server.database():
        preset = Preset.objects.create(user_id=bob.user_id, name="Secret", model=MODEL)
    async with server.connect(alice) as socket:
        asked = await socket.ask("Hello", MODEL)
        await socket.receive("reply.finished", where=lambda frame: frame["reply"] == asked["reply"])
        commands = {
            "message.send": {"conversation": None, "parent": None, "text": "Hello", "attachments": []},
            "message.edit": {"message": asked["message"], "text": "Hello again"},
            "reply.regenerate": {"reply": asked["reply"]},
        }
        for kind, arguments in commands.items():
            await socket.send(kind, client_id=uuid4().hex, model=f"preset/{preset.pk}", **arguments)
            error = await socket.receive("error")
            assert error["code"] == "unknown_model", kind
            assert "Secret" not in error["message"]
    async with server.connect(bob) as socket:
        asked = await socket.ask("Hello", f"preset/{preset.pk}")
        finished = await socket.receive("reply.finished", where=lambda frame: frame["reply"] == asked["reply"])
        assert finished["model"] == MODEL
