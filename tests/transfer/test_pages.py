"""The pages: one conversation as a file, everything as one, and bringing a file."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from asgiref.sync import async_to_sync
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from conversations.models import Conversation, Role, Status
from tests.support.factories import make_conversation, make_message
from tests.transfer.trees import SAMPLES
from transfer import places, runner
from transfer.archive import describe
from transfer.documents import file_name, to_html
from transfer.models import Export, Format, Import, State

if TYPE_CHECKING:
    from pathlib import Path

    from django.test import Client
    from pytest_django.fixtures import Settings

    from accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)
HOSTILE = '"><img src=x onerror=alert(1)>'


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def talk(alice: User, client: Client) -> Conversation:
    client.force_login(alice)
    conversation = make_conversation(alice, "Why the sky is blue", model="demo/demo")
    make_message(conversation, "Why?\n# no heading", html="Why?<br># no heading")
    make_message(
        conversation,
        "**Because** 天空 السماء 🌌",
        html="<p><strong>Because</strong> 天空 السماء 🌌</p>",
        role=Role.ASSISTANT,
        model="demo/demo",
    )
    return conversation


def document(client: Client, conversation: Conversation, ending: str) -> Any:
    return client.get(reverse("transfer:document", args=[conversation.pk, ending]))


def content(answer: Any) -> bytes:
    """Read an answer that comes in pieces."""

    async def read() -> bytes:
        return b"".join([piece async for piece in answer.streaming_content])

    return async_to_sync(read)()


def work() -> None:
    while async_to_sync(runner.work_once)():
        pass


def test_markdown_holds_the_words_as_they_are(client: Client, talk: Conversation) -> None:
    answer = document(client, talk, "md")
    text = answer.content.decode()
    assert text.startswith("# Why the sky is blue\n")
    assert text.index("**Question**") < text.index("Why?\n# no heading") < text.index("**Because** 天空 السماء 🌌")
    assert answer["Content-Type"] == "text/markdown; charset=utf-8"


def test_json_is_the_whole_conversation(client: Client, talk: Conversation) -> None:
    assert orjson.loads(document(client, talk, "json").content) == orjson.loads(orjson.dumps(describe(talk)))


def test_html_is_one_file_that_loads_and_runs_nothing(client: Client, talk: Conversation) -> None:
    page = document(client, talk, "html").content.decode()
    assert "<strong>Because</strong> 天空 السماء 🌌" in page
    assert 'Content-Security-Policy" content="default-src \'none\'; style-src data:"' in page
    assert "<script" not in page
    addresses = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert [one[:13] for one in addresses] == ["data:text/css"]
    assert b".prose" in base64.b64decode(addresses[0].partition(",")[2])


def test_html_with_a_formula_carries_what_sets_it_and_lets_nothing_else_run(client: Client, talk: Conversation) -> None:
    make_message(talk, "$x^2$", role=Role.ASSISTANT, html='<p><span class="math">x^2</span></p>')
    page = document(client, talk, "html").content.decode()
    ((script, digest),) = re.findall(r'<script src="data:text/javascript;base64,([^"]+)" integrity="([^"]+)"', page)
    assert f"style-src data:; font-src data:; script-src '{digest}'\"" in page
    code = base64.b64decode(script)
    assert digest == "sha256-" + base64.b64encode(hashlib.sha256(code).digest()).decode()
    assert b"katex" in code
    styles = [base64.b64decode(one).decode() for one in re.findall(r'href="data:text/css;base64,([^"]*)"', page)]
    assert [one for style in styles for one in re.findall(r"url\(([^)]{1,5})", style) if one != "data:"] == []


@pytest.mark.parametrize("ending", Format.values)
def test_files_are_kept_and_never_run(client: Client, talk: Conversation, ending: str) -> None:
    answer = document(client, talk, ending)
    assert answer["Content-Disposition"] == f'attachment; filename="Why-the-sky-is-blue.{ending}"'
    assert "sandbox" in answer["Content-Security-Policy"]
    assert {"private", "no-store"} <= set(answer["Cache-Control"].split(", "))


@pytest.mark.parametrize("ending", ["exe", "pdf", "..", "md2", HOSTILE])
def test_other_endings_are_not_there(client: Client, talk: Conversation, ending: str) -> None:
    assert document(client, talk, ending).status_code == 404


def test_documents_show_no_answer_that_is_being_written(client: Client, talk: Conversation) -> None:
    make_message(talk, "More?", html="More?")
    make_message(talk, "unfinished words", role=Role.ASSISTANT, status=Status.STREAMING)
    for ending in Format.values:
        assert b"unfinished words" not in document(client, talk, ending).content


def test_documents_are_hostile_to_nobody(client: Client, alice: User) -> None:
    client.force_login(alice)
    conversation = make_conversation(alice, HOSTILE)
    make_message(conversation, HOSTILE)
    page = to_html(conversation) + client.get(reverse("transfer:print", args=[conversation.pk])).content.decode()
    assert "<img src=x" not in page


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Why the sky is blue", "Why-the-sky-is-blue.md"),
        ("天空 / السماء \\ ..", "天空-السماء.md"),
        ("../../etc/passwd", "etc-passwd.md"),
        ("CON", "Conversation.md"),
        ("nul.txt", "Conversation.md"),
        ("\r\nSet-Cookie: x", "Set-Cookie-x.md"),
        ("🌌", "Conversation.md"),
        ("", "Conversation.md"),
        ("x" * 200, "x" * 80 + ".md"),
    ],
)
def test_file_names_mean_nothing_to_a_system(title: str, name: str) -> None:
    assert file_name(Conversation(title=title), "md") == name


def test_print_page_shows_the_branch_and_its_button(client: Client, talk: Conversation) -> None:
    page = client.get(reverse("transfer:print", args=[talk.pk])).content.decode()
    assert "<strong>Because</strong>" in page
    assert 'id="print" hidden' in page


def test_everything_is_exported_and_downloaded(client: Client, talk: Conversation) -> None:
    client.post(reverse("transfer:start_export"), {"format": "json"})
    assert "0 of 1 conversations" in client.get(reverse("transfer:data")).content.decode()
    work()
    page = client.get(reverse("transfer:data")).content.decode()
    export = Export.objects.get()
    path = reverse("transfer:download", args=[export.pk])
    assert path in page
    answer = client.get(path)
    assert [one["title"] for one in orjson.loads(content(answer))] == ["Why the sky is blue"]
    assert answer["Content-Disposition"].startswith('attachment; filename="conversations-2')
    client.post(reverse("transfer:remove_export", args=[export.pk]))
    assert client.get(path).status_code == 404
    assert list(places.root().iterdir()) == []


def test_export_is_not_there_before_it_is_done_or_without_its_file(client: Client, talk: Conversation) -> None:
    client.post(reverse("transfer:start_export"), {"format": "md"})
    export = Export.objects.get()
    path = reverse("transfer:download", args=[export.pk])
    assert client.get(path).status_code == 404
    work()
    places.remove_file(export)
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("value", ["", "exe", HOSTILE])
def test_export_takes_no_other_format(client: Client, talk: Conversation, value: str) -> None:
    answer = client.post(reverse("transfer:start_export"), {"format": value})
    assert answer.status_code == 400
    assert HOSTILE not in answer.content.decode()
    assert Export.objects.count() == 0


def test_second_export_says_to_wait(client: Client, talk: Conversation) -> None:
    client.post(reverse("transfer:start_export"), {"format": "md"})
    answer = client.post(reverse("transfer:start_export"), {"format": "md"})
    assert answer.status_code == 409
    assert "An export is being made already." in answer.content.decode()


def bring(client: Client, content: bytes, name: str = "conversations.json") -> Any:
    return client.post(reverse("transfer:bring"), {"file": SimpleUploadedFile(name, content)})


def test_file_is_shown_before_it_is_taken(client: Client, talk: Conversation, alice: User) -> None:
    bring(client, (SAMPLES / "chatgpt-made-by-hand.json").read_bytes())
    assert "Looking through it" in client.get(reverse("transfer:data")).content.decode()
    work()
    page = client.get(reverse("transfer:data")).content.decode()
    assert "2 conversations of ChatGPT" in page
    assert "with 5 messages" in page
    assert "Blue sky 🌌" in page
    assert Conversation.objects.filter(user=alice).count() == 1
    client.post(reverse("transfer:take", args=[Import.objects.get().pk]))
    work()
    assert "2 conversations added" in client.get(reverse("transfer:data")).content.decode()
    assert Conversation.objects.filter(user=alice).count() == 3
    imported = Conversation.objects.get(title="Blue sky 🌌")
    assert "光的散射" in client.get(reverse("conversations:detail", args=[imported.pk])).content.decode()


def test_file_is_taken_once(client: Client, talk: Conversation) -> None:
    bring(client, (SAMPLES / "claude-made-by-hand.json").read_bytes())
    work()
    take = reverse("transfer:take", args=[Import.objects.get().pk])
    assert client.post(take).status_code == 302
    assert client.post(take).status_code == 409


def test_file_can_be_left(client: Client, talk: Conversation) -> None:
    bring(client, (SAMPLES / "claude-made-by-hand.json").read_bytes())
    answer = client.post(reverse("transfer:remove_import", args=[Import.objects.get().pk]), follow=True)
    assert "The file is removed." in answer.content.decode()
    assert list(places.root().iterdir()) == []
    work()
    assert Conversation.objects.count() == 1


def test_name_and_titles_of_a_file_are_escaped(client: Client, talk: Conversation) -> None:
    rows = [{"uuid": "u", "name": HOSTILE, "chat_messages": [{"uuid": "m", "sender": "human", "text": HOSTILE}]}]
    bring(client, orjson.dumps(rows), name=HOSTILE + "\u202e.json")
    work()
    page = client.get(reverse("transfer:data")).content.decode()
    assert "<img src=x" not in page
    assert "\u202e" not in page
    assert Import.objects.get().state == State.READY


def test_upload_without_a_file_says_so(client: Client, talk: Conversation) -> None:
    answer = client.post(reverse("transfer:bring"))
    assert answer.status_code == 400
    assert "Choose a file first." in answer.content.decode()


def test_jobs_of_others_are_not_listed(client: Client, talk: Conversation, bob: User) -> None:
    client.post(reverse("transfer:start_export"), {"format": "json"})
    bring(client, b"[]", "Alice's file.json")
    client.force_login(bob)
    page = client.get(reverse("transfer:data")).content.decode()
    assert "Alice" not in page
    assert "Export as" not in page


def test_talk_and_settings_lead_to_it(client: Client, talk: Conversation) -> None:
    assert 'data-of-row="export"' in client.get(reverse("conversations:detail", args=[talk.pk])).content.decode()
    page = client.get(reverse("transfer:data")).content.decode()
    assert f'href="{reverse("transfer:data")}" aria-current="page"' in page
    one = client.get(reverse("transfer:export_one", args=[talk.pk])).content.decode()
    for ending in Format.values:
        assert reverse("transfer:document", args=[talk.pk, ending]) in one
    assert reverse("transfer:print", args=[talk.pk]) in one
