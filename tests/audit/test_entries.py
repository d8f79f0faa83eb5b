"""Entries: what they hold, that they hold no secrets, and that nobody changes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, connection, transaction

from audit.models import Entry
from audit.protection import PROTECT, UNPROTECT
from audit.services import COMMAND, record, recording
from moderation.models import SensitiveWord
from providers.models import ApiKey, Provider
from tests.support.factories import make_user

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django import DjangoAssertNumQueries

    from accounts.models import User
    from tests.support.server import Server

pytestmark = pytest.mark.django_db
SECRET = "sk-this-must-not-be-kept"


@pytest.fixture
def protected(db: None) -> Iterator[None]:
    """Give the database as a site has it: the tests' own lets rows be cleared away."""
    for statement in PROTECT[connection.vendor]:
        _run(statement)
    yield
    for statement in UNPROTECT[connection.vendor]:
        _run(statement)


def test_entry_names_people_and_rows_so_that_it_outlives_them(alice: User, bob: User) -> None:
    record(alice, "warn", bob, changes={"reason": "rude"}, address="127.0.0.1")
    bob_id = str(bob.pk)
    bob.delete()
    entry = Entry.objects.get()
    assert (entry.actor_id, entry.actor_label, entry.action) == (alice.pk, alice.email, "warn")
    assert (entry.target_type, entry.target_id, entry.target_label) == ("accounts.user", bob_id, "bob@example.org")
    assert (entry.changes, entry.address) == ({"reason": "rude"}, "127.0.0.1")


def test_entry_of_a_command_names_no_person() -> None:
    entry = record(COMMAND, "import words", changes={"words": 3})
    assert (entry.actor_id, entry.actor_label, entry.target_id) == (None, "command", "")


@pytest.mark.parametrize("name", ["password", "api_key", "API-Key", "token_hash", "client secret", "Authorization"])
def test_entry_keeps_no_secrets(alice: User, name: str) -> None:
    changes = {name: SECRET, "both": {name: [SECRET, SECRET]}, "deep": [{"parameters": {name: SECRET}}]}
    entry = record(alice, "change", changes=changes)
    entry.refresh_from_db()
    assert SECRET not in str(entry.changes)
    assert entry.changes[name] == "changed"


def test_entry_keeps_numbers_whose_names_look_like_secrets(alice: User) -> None:
    changes = {"output_tokens": [100, 200], "needs_key": [True, False], "key": [None, 3]}
    assert record(alice, "change", changes=changes).changes == changes


def test_entry_takes_text_that_no_database_stores(alice: User) -> None:
    entry = record(alice, "look", changes={"na\0me": ["\0", "\ud800"]})
    entry.refresh_from_db()
    assert entry.changes == {"na\ufffdme": ["\ufffd", "\ufffd"]}


def test_model_refuses_changes_and_removal(alice: User) -> None:
    entry = record(alice, "look")
    for attempt in (entry.save, entry.delete, Entry.objects.all().delete, lambda: Entry.objects.update(action="x")):
        with pytest.raises(TypeError):
            attempt()
    assert Entry.objects.get().action == "look"


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry"])
@pytest.mark.usefixtures("protected")
def test_database_refuses_changes_and_removal(alice: User, statement: str) -> None:
    record(alice, "look")
    with pytest.raises(DatabaseError, match="never changed or removed"), transaction.atomic():
        _run(statement)
    assert Entry.objects.get().action == "look"


@pytest.mark.parametrize("column", ["id", "rowid"])
@pytest.mark.usefixtures("protected")
def test_sqlite_refuses_to_put_an_entry_in_place_of_another(alice: User, column: str) -> None:
    made = record(alice, "look")
    if connection.vendor == "sqlite":
        copied = ", ".join(str(one.column) for one in Entry._meta.concrete_fields if one.column not in {"id", "action"})
        new = {"id": "id, rowid + 1", "rowid": "'another', rowid"}[column]
        forged = f"(id, rowid, action, {copied}) SELECT {new}, 'forged', {copied} FROM audit_entry"
        for statement in ("REPLACE INTO", "INSERT OR REPLACE INTO"):
            with pytest.raises(DatabaseError, match="never changed or removed"), transaction.atomic():
                _run(f"{statement} audit_entry {forged}")
    record(alice, "look again")
    assert sorted(Entry.objects.values_list("action", flat=True)) == ["look", "look again"]
    assert Entry.objects.filter(pk=made.pk).exists()


def test_names_in_an_entry_are_one_line_that_reads_as_it_is(alice: User) -> None:
    forged = SensitiveWord.objects.create(pattern="spam\nis_superuser: no → yes\u202e\u200b")
    assert record(alice, "look", forged).target_label == "spam⏎is_superuser: no → yes"


@pytest.mark.usefixtures("protected")
def test_postgres_refuses_to_empty_the_table(alice: User) -> None:
    record(alice, "look")
    if connection.vendor == "postgresql":
        with pytest.raises(DatabaseError, match="never changed or removed"), transaction.atomic():
            _run("TRUNCATE audit_entry")
    assert Entry.objects.count() == 1


def test_database_of_a_site_is_protected_by_its_migrations(server: Server) -> None:
    with server.database():
        made = record("nobody", "look")
        for statement in (f"UPDATE audit_entry SET action = '' WHERE id = '{made.pk.hex}'", "DELETE FROM audit_entry"):
            with pytest.raises(DatabaseError, match="never changed or removed"), transaction.atomic():
                _run(statement)
        assert Entry.objects.filter(pk=made.pk, action="look").exists()


def test_block_records_what_it_changed_and_nothing_else(alice: User) -> None:
    words = [SensitiveWord.objects.create(pattern=pattern) for pattern in ("one", "two", "three")]
    with recording(alice, "switch off", SensitiveWord.objects.filter(pattern__in=["one", "two"])):
        SensitiveWord.objects.filter(pattern="one").update(enabled=False)
        SensitiveWord.objects.filter(pattern="three").update(enabled=False)
    entry = Entry.objects.get()
    assert (entry.target_id, entry.target_label) == (str(words[0].pk), "one")
    assert entry.changes == {"enabled": [True, False]}


def test_block_that_fails_leaves_neither_change_nor_entry(alice: User) -> None:
    SensitiveWord.objects.create(pattern="one")

    def change_and_fail() -> None:
        with recording(alice, "switch off", SensitiveWord.objects.all()):
            SensitiveWord.objects.update(enabled=False)
            raise ValueError

    with pytest.raises(ValueError):
        change_and_fail()
    assert SensitiveWord.objects.get().enabled
    assert not Entry.objects.exists()


def test_block_that_removes_records_what_was_there(alice: User) -> None:
    provider = Provider.objects.create(slug="a", kind="openai", label="A", base_url="https://a.example")
    key = ApiKey.objects.create(provider=provider, ciphertext=SECRET, fingerprint=SECRET, last4="keep")
    with recording(alice, "delete", ApiKey.objects.all()):
        key.delete()
    changes = Entry.objects.get().changes
    assert changes["provider"] == [f"A ({provider.pk})", None]
    assert changes["ciphertext"] == "changed"
    assert SECRET not in str(changes)


def test_many_rows_are_looked_at_in_a_bounded_number_of_queries(
    alice: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    SensitiveWord.objects.bulk_create(SensitiveWord(pattern=f"w{n}", folded=f"w{n}") for n in range(200))
    with django_assert_max_num_queries(12), recording(alice, "off", SensitiveWord.objects.all()):
        SensitiveWord.objects.update(enabled=False)
    assert Entry.objects.count() == 200


def test_people_are_pictured_with_their_groups(alice: User) -> None:
    group = Group.objects.create(name="readers")
    other = make_user()
    with recording(alice, "change", type(other).objects.filter(pk=other.pk)):
        other.groups.add(group)
    assert Entry.objects.get().changes == {"groups": [[], ["readers"]]}


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
