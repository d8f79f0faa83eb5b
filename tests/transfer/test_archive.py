"""Our own format: what is exported, wiped and imported again is the same, and hostile files stay harmless."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import orjson
import pytest
from django.utils import timezone, translation

from conversations.models import Conversation, Folder, Message, Role, Status, Tag, TitleSource
from tests.support.factories import make_conversation, make_message
from tests.transfer.trees import read_sample, store
from transfer import filing
from transfer.archive import OF_CONVERSATION, OF_MESSAGE, TIMES_OF_CONVERSATION, TIMES_OF_MESSAGE, describe, digest
from transfer.models import Origin
from transfer.readers import read_talk
from transfer.talk import Said

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db
NOT_EXPORTED = {"html", "renderer_version", "signed_reasoning", "client_id", "continued_by", "heartbeat_at"}
NOT_EXPORTED |= {"stop_requested_at", "deleted_at", "preset", "conversation"}
NOT_EXPORTED_OF_CONVERSATION = {"user", "client_id", "deleted_at", "is_temporary"}


@pytest.fixture
def rich(alice: User) -> Conversation:
    """Make a conversation with two branches and everything a message can have."""
    conversation = make_conversation(
        alice, "Sky · 天空 · السماء 🌌", model="demo/demo", instructions="Be kind.", title_source=TitleSource.MODEL
    )
    Conversation.objects.filter(pk=conversation.pk).update(
        created_at=datetime(2026, 1, 2, 3, 4, 5, 678901, UTC), pinned_at=timezone.now(), archived_at=timezone.now()
    )
    question = make_message(conversation, "Why?\n\u2028\ud7ff")
    first = make_message(
        conversation,
        "**Because**",
        role=Role.ASSISTANT,
        model="demo/demo",
        asked_model="demo/other",
        tokens=7,
        prompt_tokens=9,
        cost=12345,
        reasoning="Hm.",
        reasoning_ms=1500,
        first_token_ms=80,
        rating=-1,
        finish_reason="stop",
        omitted_messages=2,
        tokens_estimated=True,
        finished_at=timezone.now(),
        source="cache",
        source_at=timezone.now(),
    )
    make_message(conversation, "And at night?")
    make_message(
        conversation,
        "Cut",
        parent=question,
        role=Role.ASSISTANT,
        model="demo/demo",
        status=Status.FAILED,
        error_code="provider_timeout",
        error_message="It took too long.",
        chosen_at=timezone.now(),
    )
    conversation.leaf = first
    outer = Folder.objects.create(user=alice, name="Work", model="demo/demo", instructions="In English.")
    conversation.folder = Folder.objects.create(user=alice, name="Sky", parent=outer)
    conversation.save(update_fields=["leaf", "folder"])
    conversation.tags.set([Tag.objects.create(user=alice, name=name) for name in ("blue", "天")])
    conversation.refresh_from_db()
    return conversation


def exported(conversation: Conversation) -> Any:
    """Give what a file would hold, as a reader of the file has it."""
    return orjson.loads(orjson.dumps(describe(conversation)))


def test_every_field_is_exported_or_left_out_on_purpose() -> None:
    fields = {field.name for field in Message._meta.concrete_fields} - {"id", "parent"}
    assert fields - {*OF_MESSAGE, *TIMES_OF_MESSAGE} == NOT_EXPORTED
    fields = {field.name for field in Conversation._meta.concrete_fields} - {"id", "leaf"}
    assert fields - {*OF_CONVERSATION, *TIMES_OF_CONVERSATION, "folder"} <= NOT_EXPORTED_OF_CONVERSATION


def test_export_wipe_and_import_give_the_same_hash(alice: User, rich: Conversation) -> None:
    plain = make_conversation(alice, "Plain")
    make_message(plain, "Hello")
    before = [exported(one) for one in (rich, plain)]
    Conversation.objects.update(leaf=None)
    for model in (Conversation, Folder, Tag):
        model.objects.all().delete()
    stored = [store(alice, read_talk(one)) for one in before]
    after = [exported(one) for one in Conversation.objects.all()]
    assert all(stored)
    assert (Folder.objects.count(), Tag.objects.count()) == (2, 2)
    assert digest(after) == digest(before)
    after[0]["messages"][0]["content"] += "!"
    assert digest(after) != digest(before)


def test_import_twice_adds_nothing(alice: User, rich: Conversation) -> None:
    file = exported(rich)
    assert store(alice, read_talk(file)) is None
    talks = [talk for name in ("chatgpt", "claude", "openwebui", "librechat-flat") for talk in read_sample(name)]
    assert all(store(alice, talk) for talk in talks)
    counts = Conversation.objects.count(), Message.objects.count()
    assert not any(store(alice, talk) for talk in talks)
    assert (Conversation.objects.count(), Message.objects.count()) == counts


def test_import_of_what_was_deleted_brings_it_back(alice: User) -> None:
    (nested,) = read_sample("librechat-recursive")
    first = store(alice, nested)
    assert first
    Conversation.objects.filter(pk=first.pk).update(deleted_at=timezone.now())
    again = store(alice, nested)
    assert again
    assert again.pk != first.pk
    assert Origin.objects.get().conversation == again


def test_import_into_another_account_makes_a_copy_of_its_own(alice: User, bob: User, rich: Conversation) -> None:
    copy = store(bob, read_talk(exported(rich)))
    assert copy
    assert copy.pk != rich.pk
    theirs = set(copy.messages.values_list("pk", flat=True))
    assert theirs & set(rich.messages.values_list("pk", flat=True)) == set()
    assert rich.messages.count() == len(theirs) == 4
    assert store(bob, read_talk(exported(rich))) is None
    assert store(alice, read_talk(exported(rich))) is None


def test_import_stores_the_tree_and_the_branch_on_show(alice: User) -> None:
    sky, _ = read_sample("chatgpt")
    stored = store(alice, sky)
    assert stored
    assert stored.leaf
    assert (stored.leaf.content, stored.title, stored.pinned_at is not None) == ("光的散射。", "Blue sky 🌌", True)
    question = stored.leaf.parent
    assert question
    assert question.children.count() == 2
    assert stored.created_at == datetime(2023, 11, 14, 22, 13, 20, 250_000, UTC)
    assert question.pk < stored.leaf.pk


def test_messages_without_times_follow_each_other(alice: User) -> None:
    _, a_list = read_sample("openwebui")
    a_list.messages += [Said(f"k{number}", a_list.messages[-1].key, "user", f"Word {number}") for number in range(3)]
    stored = store(alice, a_list)
    assert stored
    assert stored.leaf
    assert stored.leaf.content == "Word 2"
    words = list(stored.messages.order_by("pk").values_list("content", flat=True))
    assert words == ["Hello", "Hi there.", "Word 0", "Word 1", "Word 2"]
    assert words == list(stored.messages.order_by("created_at").values_list("content", flat=True))


def test_answers_that_are_being_written_are_not_exported(alice: User) -> None:
    conversation = make_conversation(alice)
    question = make_message(conversation, "Why?")
    make_message(conversation, "", role=Role.ASSISTANT, status=Status.STREAMING)
    file = exported(conversation)
    assert [one["content"] for one in file["messages"]] == ["Why?"]
    assert file["leaf"] == str(question.pk)


def test_deleted_messages_are_not_exported(alice: User, rich: Conversation) -> None:
    rich.messages.filter(content="And at night?").update(deleted_at=timezone.now())
    assert "And at night?" not in orjson.dumps(exported(rich)).decode()


def test_messages_of_others_are_never_touched(alice: User, bob: User, rich: Conversation) -> None:
    file = exported(rich)
    file["id"] = str(uuid4())
    file["messages"][0]["content"] = "Mine now"
    file["messages"][0]["parent"] = str(rich.messages.order_by("pk")[1].pk)
    del file["messages"][1:]
    assert store(bob, read_talk(file))
    assert rich.messages.filter(content="Mine now").count() == 0
    assert rich.messages.count() == 4
    stolen = Message.objects.get(content="Mine now")
    assert (stolen.conversation.user, stolen.parent) == (bob, None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tokens", -1),
        ("tokens", 2**40),
        ("cost", 2**70),
        ("cost", "1"),
        ("rating", 5),
        ("status", "streaming"),
        ("status", "owned"),
        ("source", "operator"),
        ("error_message", "x" * 5000),
        ("model", "x" * 5000),
        ("content", "\x00\ud800<script>alert(1)</script>"),
        ("content", "y" * 600_000),
        ("created_at", "9999-12-31T23:59:59Z"),
        ("created_at", "0001-01-01T00:00:00Z"),
        ("finished_at", "never"),
        ("reasoning", None),
        ("omitted_messages", None),
    ],
)
def test_hostile_values_are_stored_harmless(alice: User, rich: Conversation, field: str, value: Any) -> None:
    file = exported(rich)
    Conversation.objects.update(leaf=None)
    Conversation.objects.all().delete()
    file["messages"][1][field] = value
    stored = store(alice, read_talk(file))
    assert stored
    message = stored.messages.get(pk=file["messages"][1]["id"])
    for column in Message._meta.concrete_fields:
        now = getattr(message, column.attname)
        if now not in (None, ""):
            column.run_validators(now)
            assert not column.choices or now in dict(column.flatchoices), column.name
    assert message.status != Status.STREAMING
    assert message.created_at <= timezone.now()
    assert len(message.content) <= 500_000


def test_folders_and_tags_of_a_file_are_no_more_than_a_person_may_have(
    alice: User, rich: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filing, "MAX_FOLDERS", 3)
    monkeypatch.setattr(filing, "MAX_TAGS", 4)
    monkeypatch.setattr(filing, "MAX_TAGS_OF_ONE", 3)
    file = exported(rich)
    file["tags"] = ["a", "a", "", "b" * 500, "<script>", "c", "d"]
    file["folder"] = [{"name": f"{step}", "model": None, "instructions": 5} for step in range(9)]
    for number in range(5):
        file["id"] = str(UUID(int=UUID(file["id"]).int + 1))
        file["folder"][0]["name"] = f"Folder {number}"
        assert store(alice, read_talk(file))
    assert Folder.objects.filter(user=alice).count() == 3
    assert Tag.objects.filter(user=alice).count() == 4
    assert not Folder.objects.filter(parent__parent__isnull=False).exists()


def test_ids_of_the_future_are_not_taken_over(alice: User, rich: Conversation) -> None:
    file = exported(rich)
    Conversation.objects.update(leaf=None)
    Conversation.objects.all().delete()
    future = int((timezone.now() + timedelta(days=400)).timestamp() * 1000)
    wanted = str(UUID(int=future << 80 | 7 << 76 | 2 << 62 | 5))
    file["id"] = wanted
    stored = store(alice, read_talk(file))
    assert stored
    assert str(stored.pk) != wanted


def test_conversation_without_a_title_is_named_in_the_language_of_its_person(alice: User) -> None:
    talk, *_ = read_sample("openwebui")
    talk.title = ""
    with translation.override("de"):
        stored = store(alice, talk)
    assert stored
    assert stored.title == "Importiertes Gespräch"
