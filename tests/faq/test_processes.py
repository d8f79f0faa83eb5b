"""Changes that operators make in one process hold for the next question in another one, at once."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from faq.models import Entry
from providers.models import LanguageModel
from tests.money.paying import store_model
from tests.support.server import MODEL, Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django import DjangoDbBlocker

    from tests.fake_provider import FakeProviderProcess
    from tests.support.homes import Home
    from tests.support.people import Person
    from tests.support.socket import ChatSocket, Frame

ADD = "/admin/faq/entry/add/"


@pytest.fixture
def processes(
    running_servers: dict[str, Server], home: Home, fake: FakeProviderProcess, django_db_blocker: DjangoDbBlocker
) -> Iterator[list[Server]]:
    """Give two processes on one database, where it is PostgreSQL, else one; the tests of a session share them."""
    names = ["knowing one", "knowing other"] if home.name == "postgres" else ["knowing one"]
    database: dict[str, str] = {}
    for name in names:
        if name not in running_servers:
            running_servers[name] = Server("uvicorn", home, fake, **database)
        running_servers[name].ensure_running()
        database = {"DATABASE_URL": running_servers[names[0]].environment["DATABASE_URL"]}
    with django_db_blocker.unblock():
        yield [running_servers[name] for name in names]


def operator_of(server: Server) -> Person:
    return server.sign_up("op", is_staff=True, is_superuser=True)


async def answer_to(socket: ChatSocket, text: str) -> Frame:
    asked = await socket.ask(text, MODEL)
    return await socket.receive("reply.finished", where=lambda frame: frame["reply"] == asked["reply"])


async def test_entry_that_is_edited_is_another_one_at_once(processes: list[Server]) -> None:
    one, other = processes[0], processes[-1]
    operator, question = operator_of(one), f"What is {uuid4().hex}?"
    written = {"question": question, "variants": "", "valid_until": "", "active": "on"}
    async with other.connect(other.sign_up("alice")) as socket:
        assert one.post(ADD, operator, **written, answer="First.").status == 302
        with one.database():
            entry = Entry.objects.get(question=question)
        address = f"/admin/faq/entry/{entry.pk}/change/"
        for text in ("Second.", "Third.", "Fourth."):
            assert one.post(address, operator, **written, answer=text).status == 302
            told = await answer_to(socket, f"  {question.lower().rstrip('?')} ")
            assert (told["source"], told["text"], told["cost"]) == ("faq", text, 0)
        assert one.post(address, operator, **{**written, "active": ""}, answer="Fourth.").status == 302
        assert (await answer_to(socket, question))["source"] == ""


async def test_model_that_is_edited_answers_anew_at_once(processes: list[Server], fake: FakeProviderProcess) -> None:
    one, other = processes[0], processes[-1]
    with one.database():
        row = store_model(MODEL, reuses_answers=True)
    one.restart()
    if other is not one:
        other.restart()
    question = f"Why {uuid4().hex}?"
    async with one.connect(one.sign_up("alice")) as alice, other.connect(other.sign_up("bob")) as bob:
        fake.set_default(text="Before.")
        assert (await answer_to(alice, question))["source"] == ""
        again = await answer_to(bob, f"w{question[1:]}")
        assert (again["source"], again["text"]) == ("cache", "Before.")
        fake.set_default(text="After.")
        with one.database():
            LanguageModel.objects.filter(pk=row.pk).update(instructions="Say it in another way.")
        anew = await answer_to(bob, question)
        assert (anew["source"], anew["text"]) == ("", "After.")
    with one.database():
        LanguageModel.objects.filter(pk=row.pk).update(reuses_answers=False)
