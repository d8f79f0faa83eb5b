"""What is done with ``manage.py`` leaves an entry, too, and no secret in it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command

from accounts.models import User
from audit.models import Entry
from providers.models import ApiKey, KeyState, Provider

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db
SECRET = "sk-this-must-not-be-kept"
PASSWORD = "a quiet river for two"


def acts() -> list[tuple[str, str]]:
    return list(Entry.objects.order_by("id").values_list("actor_label", "action"))


@pytest.fixture
def provider() -> Provider:
    return Provider.objects.create(slug="a", kind="openai", label="A", base_url="https://a.example/v1")


def test_keys_that_come_and_go_leave_entries(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{SECRET}\n"))
    call_command("add_key", provider.slug, label="first", stdout=io.StringIO())
    key = ApiKey.objects.get()
    call_command("retire_key", key.pk, stdout=io.StringIO())
    assert acts() == [("command", "add key"), ("command", "retire key")]
    added, retired = Entry.objects.order_by("id")
    assert added.changes == {"provider": "a", "label": "first"}
    assert (retired.target_id, retired.changes["state"]) == (str(key.pk), [KeyState.ACTIVE, KeyState.RETIRED])
    assert retired.changes["ciphertext"] == "changed"
    assert SECRET not in str([one.changes for one in (added, retired)])


def test_imported_words_leave_an_entry(tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_text("spam\nscam\n")
    call_command("import_words", words, stdout=io.StringIO(), stderr=io.StringIO())
    assert acts() == [("command", "import words"), ("command", "add"), ("command", "add")]
    changes = Entry.objects.get(action="import words").changes
    assert {name: changes[name] for name in ("words", "added", "file")} == {"words": 2, "added": 2, "file": "words.txt"}


def test_invitations_leave_an_entry_without_their_link() -> None:
    said = io.StringIO()
    call_command("invite", "new@example.org", stdout=said)
    assert acts() == [("command", "invite")]
    token = said.getvalue().strip().rstrip("/").split("/")[-1]
    assert token not in str(Entry.objects.values_list())


def test_superusers_leave_an_entry() -> None:
    call_command("createsuperuser", email="chief@example.org", interactive=False, stdout=io.StringIO())
    made = User.objects.get(email="chief@example.org")
    assert (acts(), Entry.objects.get().target_id) == ([("command", "make superuser")], str(made.pk))


def test_changed_passwords_leave_an_entry(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getpass", lambda prompt="": PASSWORD)
    call_command("changepassword", alice.email, stdout=io.StringIO())
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)
    assert acts() == [("command", "change password")]
