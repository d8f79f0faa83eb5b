"""Files over the socket, on both servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from files.models import Attachment
from tests.files.test_bodies import send
from tests.support.server import MODEL, on_both_servers

if TYPE_CHECKING:
    from tests.fake_provider import FakeProviderProcess
    from tests.support.people import Person
    from tests.support.server import Server
    from tests.support.socket import ChatSocket


def bring(server: Server, person: Person) -> str:
    told: dict[str, Any] = send(server, person, "notes.txt", b"The plan is green.").json()
    return str(told["id"])


def question(*files: str, text: str = "What is the plan?") -> dict[str, Any]:
    return {
        "client_id": uuid4().hex,
        "conversation": None,
        "parent": None,
        "text": text,
        "model": MODEL,
        "attachments": list(files),
    }


@on_both_servers
async def test_question_goes_out_with_its_files(server: Server, fake: FakeProviderProcess) -> None:
    alice = server.sign_up("alice")
    file = bring(server, alice)
    async with server.connect(alice) as socket:
        await socket.send("message.send", **question(file))
        created = await socket.receive("message.created")
        (told,) = created["message"]["attachments"]
        assert (told["id"], told["name"], told["kind"], told["size"]) == (file, "notes.txt", "document", 18)
        await socket.receive("reply.finished")
    said = fake.calls()[-1]["body"]["messages"][-1]["content"]
    assert said.startswith('<document name="notes.txt">\nThe plan is green.\n</document>')


@on_both_servers
async def test_file_of_somebody_else_is_not_there(server: Server) -> None:
    alice, bob = server.sign_up("alice"), server.sign_up("bob")
    file = bring(server, alice)
    async with server.connect(bob) as socket:
        await socket.send("message.send", **question(file))
        theirs = await socket.receive("error")
        await socket.send("message.send", **question(str(uuid4())))
        unknown = await socket.receive("error", where=lambda frame: frame["client_id"] != theirs["client_id"])
    assert (theirs["code"], theirs["message"]) == ("not_found", unknown["message"])
    with server.database():
        assert not Attachment.objects.filter(upload__pk=file).exists()


@on_both_servers
async def test_two_sends_of_one_file_make_one_message_of_it(server: Server) -> None:
    alice = server.sign_up("alice")
    file = bring(server, alice)
    async with server.connect(alice) as one, server.connect(alice) as other:
        await one.send("message.send", **question(file))
        await other.send("message.send", **question(file, text="And this?"))
        await (one if await was_taken(one) else other).receive("reply.finished")
    with server.database():
        assert Attachment.objects.filter(upload__pk=file).count() == 1


async def was_taken(socket: ChatSocket) -> bool:
    frame = await socket.receive(where=lambda frame: frame["type"] in {"message.accepted", "error"})
    return bool(frame["type"] == "message.accepted")
