"""Exports and imports as jobs: they come to their end, whoever ends in the middle, and belong to one person."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from asgiref.sync import async_to_sync
from django.db.models import F
from django.utils import timezone

from chatproject.errors import Conflict, TooManyRequests
from conversations.models import Conversation, Message, Role
from moderation.models import Action, Direction, SensitiveWord
from moderation.words import note_change
from tests.support.factories import make_conversation, make_message
from tests.transfer.trees import SAMPLES
from transfer import exports, imports, places, runner, storing
from transfer.archive import describe, digest
from transfer.models import Export, Format, Import, State

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django.fixtures import Settings

    from accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


@pytest.fixture
def talks(alice: User) -> list[Conversation]:
    made = []
    for number in range(5):
        conversation = make_conversation(alice, f"Talk {number} 空 <b>", model="demo/demo")
        make_message(conversation, f"Question {number}", html=f"Question {number}")
        make_message(
            conversation, f"**Answer {number}**", html=f"<p>Answer {number}</p>", role=Role.ASSISTANT, model="demo/demo"
        )
        made.append(conversation)
    return made


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "BATCH", 2)
    monkeypatch.setattr(imports, "BATCH", 2)


def work() -> None:
    while async_to_sync(runner.work_once)():
        pass


def bring(user: User, content: bytes, name: str = "conversations.json") -> Import:
    job = imports.bring_file(user, name=name, pieces=[content])
    work()
    job.refresh_from_db()
    return job


def take(job: Import) -> Import:
    imports.confirm_import(job)
    work()
    job.refresh_from_db()
    return job


def content_of(export: Export) -> Any:
    export.refresh_from_db()
    assert export.state == State.DONE, export.failure
    assert places.path_of(export).stat().st_size == export.size
    return orjson.loads(places.path_of(export).read_bytes())


def described() -> list[Any]:
    return [orjson.loads(orjson.dumps(describe(one))) for one in Conversation.objects.all()]


def wipe() -> None:
    Conversation.objects.update(leaf=None)
    Conversation.objects.all().delete()


def test_export_wipe_and_import_give_the_same_hash(alice: User, talks: list[Conversation], small_steps: None) -> None:
    before = described()
    export = exports.start_export(alice, Format.JSON)
    work()
    assert digest(content_of(export)) == digest(before)
    content = places.path_of(export).read_bytes()
    wipe()
    job = bring(alice, content)
    assert (job.state, job.kinds, job.messages, job.known) == (State.READY, {"own": 5}, 10, 0)
    assert Conversation.objects.count() == 0
    job = take(job)
    assert (job.state, job.added, job.known, job.done, job.total) == (State.DONE, 5, 0, 5, 5)
    assert digest(described()) == digest(before)
    again = take(bring(alice, content))
    assert (again.added, again.known, Conversation.objects.count()) == (0, 5, 5)
    assert list(places.root().glob("import-*")) == []


def test_imported_answers_are_rendered_and_their_html_is_not_taken(alice: User) -> None:
    file = json.loads((SAMPLES / "chatgpt-made-by-hand.json").read_text())
    file[1]["mapping"]["y"]["message"]["content"]["parts"] = ["**Hi** <script>alert(1)</script><img src=x onerror=y>"]
    assert take(bring(alice, json.dumps(file).encode())).added == 2
    answer = Message.objects.get(content__startswith="**Hi**")
    assert "<strong>Hi</strong>" in answer.html
    assert "<script" not in answer.html
    assert "<img" not in answer.html
    question = Message.objects.get(content__contains="<b>really</b>")
    assert "&lt;b&gt;really" in question.html


@pytest.mark.parametrize("name", ["chatgpt", "claude", "openwebui", "librechat-flat", "librechat-recursive"])
def test_sample_is_looked_through_taken_and_known_then(alice: User, name: str) -> None:
    content = (SAMPLES / f"{name}-made-by-hand.json").read_bytes()
    job = bring(alice, content)
    assert (job.state, job.unreadable, list(job.kinds)) == (State.READY, 0, [name.partition("-")[0]])
    assert take(job).added == sum(job.kinds.values())
    again = bring(alice, content)
    assert again.known == sum(again.kinds.values())
    assert take(again).added == 0


def test_import_goes_on_where_it_was_interrupted(
    alice: User, small_steps: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        {**json.loads((SAMPLES / "librechat-flat-made-by-hand.json").read_text()), "conversationId": f"c{n}"}
        for n in range(7)
    ]
    job = bring(alice, json.dumps(rows).encode())
    imports.confirm_import(job)
    calls = []

    def broken(*args: Any) -> Conversation | None:
        calls.append(args)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return stored(*args)

    stored = storing.store_talk
    with monkeypatch.context() as patch:
        patch.setattr(storing, "store_talk", broken)
        with pytest.raises(KeyboardInterrupt):
            work()
    job.refresh_from_db()
    assert (job.state, job.done) == (State.RUNNING, 2)
    work()
    job.refresh_from_db()
    assert job.state == State.RUNNING, "another one's lease was broken"
    Import.objects.update(heartbeat_at=F("heartbeat_at") - runner.LEASE * 2)
    work()
    job.refresh_from_db()
    assert (job.state, job.done, job.added + job.known) == (State.DONE, 7, 7)
    assert Conversation.objects.count() == 7


@pytest.mark.parametrize("file_format", Format)
def test_export_goes_on_where_it_was_interrupted(
    alice: User, talks: list[Conversation], small_steps: None, file_format: Format
) -> None:
    export = exports.start_export(alice, file_format)
    claimed = runner.claim()
    assert isinstance(claimed, Export)
    assert exports.write_some(claimed)
    export.refresh_from_db()
    assert (export.done, export.percent) == (2, 40)
    with places.path_of(export).open("ab") as file:
        file.write(b"half a conver")
    Export.objects.update(heartbeat_at=timezone.now() - runner.LEASE * 2)
    work()
    export.refresh_from_db()
    assert (export.state, export.done) == (State.DONE, 5)
    if file_format == Format.JSON:
        assert digest(content_of(export)) == digest(described())
    else:
        with zipfile.ZipFile(places.path_of(export)) as written:
            assert len(set(written.namelist())) == 5
            assert written.testzip() is None


def test_documents_of_an_export_hold_the_words(alice: User, talks: list[Conversation]) -> None:
    export = exports.start_export(alice, Format.MARKDOWN)
    work()
    with zipfile.ZipFile(places.path_of(export)) as written:
        name = min(written.namelist())
        assert name.endswith(".md")
        assert "/" not in name
        text = written.read(name).decode()
    assert "空" in name
    assert "**Answer" in text
    assert "# Talk" in text


def test_export_of_nothing_is_an_empty_list(alice: User) -> None:
    make_message(make_conversation(alice, is_temporary=True))
    export = exports.start_export(alice, Format.JSON)
    work()
    assert content_of(export) == []


def test_one_export_and_one_import_of_a_person_at_a_time(alice: User, bob: User) -> None:
    exports.start_export(alice, Format.JSON)
    with pytest.raises(Conflict):
        exports.start_export(alice, Format.HTML)
    exports.start_export(bob, Format.JSON)
    imports.bring_file(alice, name="a.json", pieces=[b"[]"])
    with pytest.raises(Conflict):
        imports.bring_file(alice, name="b.json", pieces=[b"[]"])
    assert len(list(places.root().glob("import-*"))) == 1


def test_long_conversations_are_read_one_by_one(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "MOST_AT_ONCE", 10)
    sizes: list[int] = []
    saved = imports._save

    def noting(job: Import) -> bool:
        sizes.append(job.done)
        return saved(job)

    monkeypatch.setattr(imports, "_save", noting)
    rows = [
        {"uuid": f"c{number}", "chat_messages": [{"uuid": "m", "sender": "human", "text": "x" * 11}]}
        for number in range(3)
    ]
    assert bring(alice, json.dumps(rows).encode()).kinds == {"claude": 3}
    assert sizes == [1, 2, 3]


def test_imports_of_a_day_have_an_end(alice: User, settings: Settings) -> None:
    settings.RATE_LIMIT_IMPORTS = "1/d"
    bring(alice, b"[]")
    with pytest.raises(TooManyRequests):
        imports.bring_file(alice, name="b.json", pieces=[b"[]"])
    assert list(places.root().glob("import-*")) == []
    assert imports.bring_file(alice, name="b.json", pieces=[b"[]"], is_counted=True).state == State.WAITING


def test_import_that_was_removed_stops(alice: User, small_steps: None, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        {**json.loads((SAMPLES / "librechat-flat-made-by-hand.json").read_text()), "conversationId": f"c{n}"}
        for n in range(7)
    ]
    job = bring(alice, json.dumps(rows).encode())
    imports.confirm_import(job)
    stored = storing.store_talk

    def removed(*args: Any) -> Conversation | None:
        Import.objects.all().delete()
        return stored(*args)

    monkeypatch.setattr(storing, "store_talk", removed)
    work()
    assert Conversation.objects.count() == 2
    assert list(places.root().glob("import-*")) == []


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"not json", b"[1, 2]", b'[{"a": 1}]', b"PK\x03\x04", b"[[[["])
def test_file_without_conversations_is_refused_in_words(alice: User, content: bytes) -> None:
    job = bring(alice, content)
    assert job.state == State.FAILED
    assert job.failure.endswith(".")
    assert list(places.root().glob("import-*")) == []
    imports.bring_file(alice, name="next.json", pieces=[b"[]"])


def test_import_tells_what_it_left_out(alice: User) -> None:
    good = json.loads((SAMPLES / "claude-made-by-hand.json").read_text())
    empty = {"uuid": "e", "name": "Empty", "chat_messages": []}
    job = bring(alice, json.dumps([empty, *good, {"what": "is this"}]).encode())
    assert (job.state, job.kinds, job.unreadable) == (State.READY, {"claude": 2}, 2)
    assert job.faults == [
        "Conversation 1: It has no messages.",
        "Conversation 4: It is of a kind that is not known here.",
    ]
    job = take(job)
    assert (job.added, job.unreadable, job.done) == (2, 2, 4)


def test_words_that_are_not_used_here_do_not_come_in_by_a_file(alice: User) -> None:
    SensitiveWord.objects.create(pattern="scattering", action=Action.MASK, direction=Direction.OUTPUT)
    SensitiveWord.objects.create(pattern="happier", action=Action.BLOCK, direction=Direction.INPUT)
    note_change()
    take(bring(alice, (SAMPLES / "chatgpt-made-by-hand.json").read_bytes()))
    assert Message.objects.filter(content__contains="scattering").count() == 0
    assert Message.objects.filter(content__contains="••••").count() == 1
    job = take(bring(alice, (SAMPLES / "claude-made-by-hand.json").read_bytes()))
    assert (job.added, job.faults) == (1, ["Conversation 1: It has words that are not used here."])
