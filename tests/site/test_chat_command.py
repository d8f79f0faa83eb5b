"""``manage.py chat``: a process of its own, beside the server, in a terminal or a pipe."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from audit.models import Entry
from conversations.models import Conversation, Message, Status
from providers.models import UsageRecord
from tests.fake_provider import filler
from tests.support.homes import ROOT
from tests.support.processes import start_process, wait_until
from tests.support.server import MODEL

if TYPE_CHECKING:
    from tests.fake_provider import FakeProviderProcess
    from tests.support.people import Person
    from tests.support.server import Server

PATIENCE = 60


def chat(server: Server, *words: str, piped: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", "chat", *words]
    return subprocess.run(
        command, cwd=ROOT, env=server.variables, check=False, capture_output=True, input=piped, text=True, timeout=60
    )


def begin(server: Server, person: Person, **options: Any) -> subprocess.Popen[bytes]:
    command = [sys.executable, "manage.py", "chat", uuid4().hex, "--as", person.email, "--model", MODEL]
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    return start_process(command, cwd=ROOT, env=server.variables, **options)


def messages_of(server: Server, person: Person) -> list[Message]:
    with server.database():
        return list(Message.objects.filter(conversation__user=person.user_id).order_by("created_at", "id"))


def test_chat_writes_the_answer_and_stores_the_talk(server: Server, fake: FakeProviderProcess) -> None:
    fake.set_default(chars=700, chunk=40, delay=0.002)
    alice = server.sign_up()
    first = chat(server, "Sum", "this", "up:", "--as", alice.email, "--model", MODEL, piped=f"{uuid4().hex}\n")
    assert (first.stdout, first.returncode) == (filler(700) + "\n", 0), first.stderr
    question, answer = messages_of(server, alice)
    for which in ([], [str(question.conversation_id)]):
        again = chat(server, uuid4().hex, "--as", alice.email, "--continue", *which)
        assert (again.stdout, again.returncode) == (filler(700) + "\n", 0), again.stderr
    others = messages_of(server, alice)[2:]
    assert question.content.startswith("Sum this up:\n\n")
    assert (answer.content, answer.status, answer.model) == (filler(700), Status.COMPLETE, MODEL)
    assert [one.conversation_id for one in others] == [question.conversation_id] * 4
    assert others[1].model == MODEL
    with server.database():
        assert UsageRecord.objects.filter(user=alice.user_id, settled_at__isnull=False).count() == 3
        assert Entry.objects.filter(action="chat", target_id=str(alice.user_id)).count() == 3


def test_chat_refuses_on_the_error_line_with_a_code(server: Server, fake: FakeProviderProcess) -> None:
    alice, bob = server.sign_up(), server.sign_up("bob")
    chat(server, uuid4().hex, "--as", bob.email, "--model", MODEL)
    with server.database():
        foreign = str(Conversation.objects.get(user=bob.user_id).pk)
    mine = ("--as", alice.email)
    refused = {
        "Nobody who may sign in": chat(server, "Hi", "--as", "nobody@example.org"),
        "Say what to ask": chat(server, *mine),
        "not available": chat(server, "Hi", *mine, "--model", "openai/nothing-like-it"),
        "This conversation is not there": chat(server, "Hi", *mine, "--continue", foreign),
        "no conversation to go on with": chat(server, "Hi", *mine, "--continue"),
    }
    for words, result in refused.items():
        assert (result.stdout, result.returncode) == ("", 1), words
        assert words in result.stderr
        assert "Traceback" not in result.stderr
    fake.script(status=400, message="No such luck.", times=9)
    failed = chat(server, uuid4().hex, *mine, "--model", MODEL)
    assert (failed.stdout.strip(), failed.returncode) == ("", 1)
    assert messages_of(server, alice)[-1].error_message in failed.stderr


def test_chat_stops_and_keeps_what_is_there(server: Server, fake: FakeProviderProcess) -> None:
    fake.set_default(chars=2000, chunk=20, delay=0.002, hang=300)
    alice = server.sign_up()
    process = begin(server, alice)
    assert process.stdout
    assert process.stdout.read(300).decode() == filler(300)
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 130
    answer = messages_of(server, alice)[-1]
    assert (answer.content, answer.status) == (filler(300), Status.STOPPED)


def test_chat_ends_quietly_where_nobody_reads(server: Server, fake: FakeProviderProcess) -> None:
    fake.set_default(endless=True, chunk=40, delay=0.01)
    alice = server.sign_up()
    process = begin(server, alice)
    assert process.stdout
    assert process.stderr
    assert process.stdout.read(100)
    process.stdout.close()
    assert process.wait(PATIENCE) == 141
    assert b"Traceback" not in process.stderr.read()
    wait_until(lambda: messages_of(server, alice)[-1].status == Status.STOPPED, what="the answer to be stopped")


def test_chat_lets_no_answer_command_the_terminal(server: Server, fake: FakeProviderProcess) -> None:
    text = "Red \x1b[31m\x1b]0;title\x07 and \x9b2J back\rwards."
    fake.set_default(text=text)
    alice = server.sign_up()
    ours, theirs = pty.openpty()
    process = begin(server, alice, stdout=theirs)
    assert process.wait(PATIENCE) == 0
    shown = os.read(ours, 4096).decode()
    assert shown.replace("\r\n", "\n") == "Red [31m]0;title and 2J backwards.\n"
    assert messages_of(server, alice)[-1].content == text
