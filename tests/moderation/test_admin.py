"""The operators' pages: the list of words, files of it, and the box to try it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from moderation.models import Action, AllowedPhrase, Incident, SensitiveWord
from moderation.words import WordList
from tests.moderation.rows import add_word
from tests.support.factories import make_user

if TYPE_CHECKING:
    from django.test import Client


pytestmark = pytest.mark.django_db

WORDS = reverse("admin:moderation_sensitiveword_changelist")
ADD = reverse("admin:moderation_sensitiveword_add")
IMPORT = reverse("admin:moderation_sensitiveword_import")
TRY = reverse("admin:moderation_sensitiveword_try")
CSV = reverse("admin:moderation_sensitiveword_export", args=["csv"])


@pytest.fixture
def operator(client: Client) -> Client:
    client.force_login(make_user("op@example.org", is_staff=True, is_superuser=True))
    return client


def entry(**changed: Any) -> dict[str, Any]:
    return {
        "pattern": "badword",
        "action": "block",
        "direction": "both",
        "whole_word": "on",
        "enabled": "on",
        **changed,
    }


def upload(content: bytes, name: str = "words.csv", **changed: Any) -> dict[str, Any]:
    file = SimpleUploadedFile(name, content)
    return {"file": file, "action": "flag", "direction": "both", "whole_word": "on", **changed}


def staff(client: Client, *codenames: str) -> Client:
    person = make_user(is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(person)
    return client


def test_word_is_added_and_every_process_sees_it(operator: Client) -> None:
    elsewhere = WordList()
    elsewhere.refresh()
    assert operator.post(ADD, entry()).status_code == 302
    assert SensitiveWord.objects.get().folded == "badword"
    elsewhere.refresh()
    assert not elsewhere.matcher("in").is_empty  # type: ignore[arg-type] # as the form writes it


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"pattern": " "}, "This field is required"),
        ({"pattern": "\u200b"}, "Write at least one visible character"),
        ({"pattern": "BАdword"}, "perhaps in another spelling"),
        ({"action": "explode"}, "Select a valid choice"),
        ({"pattern": "x" * 201}, "at most 200 characters"),
        ({"pattern": "two\nlines"}, "This is one line"),
        ({"note": "two\nlines"}, "This is one line"),
    ],
)
def test_word_that_makes_no_sense_is_refused(operator: Client, changed: dict[str, str], told: str) -> None:
    add_word("badword")
    answer = operator.post(ADD, entry(**changed))
    assert told in answer.content.decode()
    assert SensitiveWord.objects.count() == 1


@pytest.mark.parametrize(
    ("pattern", "told"), [("a", "one letter"), ("b.*d", "as it is written"), ("göt", "found in “got”")]
)
def test_word_that_may_not_be_meant_is_taken_with_a_warning(operator: Client, pattern: str, told: str) -> None:
    assert told in operator.post(ADD, entry(pattern=pattern), follow=True).content.decode()
    assert SensitiveWord.objects.get().pattern == pattern


def test_list_is_searched_in_any_spelling_and_filtered(operator: Client) -> None:
    add_word("badword")
    add_word("other", Action.MASK)
    assert b"1 sensitive word" in operator.get(WORDS, {"q": "BАD"}).content
    assert b"1 sensitive word" in operator.get(WORDS, {"action__exact": "mask"}).content
    assert b"0 sensitive words" in operator.get(WORDS, {"q": "missing"}).content


@pytest.mark.parametrize(("action", "enabled"), [("enable", True), ("disable", False)])
def test_words_are_switched_together(operator: Client, action: str, enabled: bool) -> None:  # noqa: FBT001 - a parameter
    words = [add_word(f"word{number}", enabled=not enabled) for number in range(3)]
    elsewhere = WordList()
    elsewhere.refresh()
    operator.post(WORDS, {"action": action, "_selected_action": [word.pk for word in words]})
    assert SensitiveWord.objects.filter(enabled=enabled).count() == 3
    elsewhere.refresh()
    assert elsewhere.matcher("in").is_empty is not enabled  # type: ignore[arg-type] # as the form writes it


def test_removed_words_and_phrases_move_the_mark(operator: Client) -> None:
    word = add_word("bad")
    phrase = AllowedPhrase.objects.create(phrase="not bad")
    elsewhere = WordList()
    elsewhere.refresh()
    operator.post(reverse("admin:moderation_allowedphrase_delete", args=[phrase.pk]), {"post": "yes"})
    operator.post(WORDS, {"action": "delete_selected", "_selected_action": [word.pk], "post": "yes"})
    assert not SensitiveWord.objects.exists()
    elsewhere.refresh()
    assert elsewhere.matcher("in").is_empty  # type: ignore[arg-type] # as the form writes it


def test_list_is_exported(operator: Client) -> None:
    add_word("bad", note="=1")
    exported = operator.get(CSV).content
    assert b"bad,,insults,yes,block,both,yes,'=1" in exported


def test_text_is_tried(operator: Client) -> None:
    add_word("bad", Action.MASK)
    shown = operator.post(TRY, {"text": "so b\u00adаd", "direction": "in"}).content.decode()
    assert "so •••" in shown
    assert not Incident.objects.exists()
    assert "Nothing was found" in operator.post(TRY, {"text": "fine", "direction": "out"}).content.decode()


@pytest.mark.parametrize("address", [WORDS, ADD, IMPORT, TRY, CSV])
def test_pages_are_closed_without_the_permission(client: Client, address: str) -> None:
    assert staff(client).get(address).status_code == 403
    assert staff(client).post(address, {}).status_code == 403


def test_who_may_only_look_changes_nothing(client: Client) -> None:
    word = add_word("bad")
    reader = staff(client, "view_sensitiveword")
    assert reader.get(TRY).status_code == 200
    assert reader.post(IMPORT, upload(b"pattern\nnew\n")).status_code == 403
    reader.post(WORDS, {"action": "disable", "_selected_action": [word.pk]})
    word.refresh_from_db()
    assert word.enabled
