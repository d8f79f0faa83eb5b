"""What is done in the admin leaves an entry, whatever page it is done on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.urls import reverse

from accounts.models import Invitation, User
from audit.admin import AuditedAdmin
from audit.models import Entry
from audit.services import record
from moderation.models import SensitiveWord
from providers.models import LanguageModel, Provider
from tests.support.factories import make_user

if TYPE_CHECKING:
    from django.db.models import Model
    from django.test import Client

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "another quiet river"


@pytest.fixture
def operator(client: Client) -> User:
    user = make_user("operator@example.org", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def page(kind: type[Model], name: str, *args: Any) -> str:
    return reverse(f"admin:{kind._meta.app_label}_{kind._meta.model_name}_{name}", args=args)


def entry() -> Entry:
    return Entry.objects.get()


def test_every_page_of_the_admin_is_audited() -> None:
    without = [str(one) for one in admin.site._registry.values() if not isinstance(one, AuditedAdmin)]
    assert without == []


def test_adding_leaves_an_entry_with_its_values(client: Client, operator: User) -> None:
    word = {"pattern": "spam", "action": "flag", "direction": "both", "enabled": "on"}
    client.post(page(SensitiveWord, "add"), word, REMOTE_ADDR="192.0.2.7")
    made = SensitiveWord.objects.get()
    found = entry()
    assert (found.actor_id, found.action, found.target_id) == (operator.pk, "add", str(made.pk))
    assert (found.target_type, found.address) == ("moderation.sensitiveword", "192.0.2.7")
    assert found.changes["pattern"] == [None, "spam"]


@pytest.mark.usefixtures("operator")
def test_changing_leaves_an_entry_with_old_and_new(client: Client) -> None:
    word = SensitiveWord.objects.create(pattern="spam")
    client.post(
        page(SensitiveWord, "change", word.pk),
        {"pattern": "spam", "whole_word": "on", "action": "block", "direction": "both", "enabled": "on"},
    )
    assert entry().changes == {"action": ["flag", "block"]}


@pytest.mark.usefixtures("operator")
def test_saving_without_a_change_leaves_none(client: Client) -> None:
    word = SensitiveWord.objects.create(pattern="spam")
    same = {"pattern": "spam", "whole_word": "on", "action": "flag", "direction": "both", "enabled": "on"}
    client.post(page(SensitiveWord, "change", word.pk), same)
    assert not Entry.objects.exists()


@pytest.mark.usefixtures("operator")
def test_rights_given_leave_an_entry(client: Client) -> None:
    person, group = make_user(), Group.objects.create(name="readers")
    fields = {"email": person.email, "is_active": "on", "is_staff": "on", "groups": [group.pk]}
    client.post(page(User, "change", person.pk), fields)
    assert entry().changes == {"is_staff": [False, True], "groups": [[], ["readers"]]}


@pytest.mark.usefixtures("operator")
def test_new_password_leaves_an_entry_without_it(client: Client) -> None:
    person = make_user()
    fields = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "usable_password": "true"}
    client.post(reverse("admin:auth_user_password_change", args=[person.pk]), fields)
    assert (entry().action, entry().changes) == ("change password", {"password": "changed"})


@pytest.mark.usefixtures("operator")
def test_deleting_leaves_an_entry_with_what_was_there(client: Client) -> None:
    word = SensitiveWord.objects.create(pattern="spam")
    client.post(page(SensitiveWord, "delete", word.pk), {"post": "yes"})
    assert (entry().action, entry().changes["pattern"]) == ("delete", ["spam", None])


@pytest.mark.parametrize(
    ("action", "changes"), [("disable", {"enabled": [True, False]}), ("enable", None), ("delete_selected", "delete")]
)
@pytest.mark.usefixtures("operator")
def test_actions_leave_an_entry_for_each_row_they_change(client: Client, action: str, changes: Any) -> None:
    words = [SensitiveWord.objects.create(pattern=pattern) for pattern in ("spam", "scam")]
    chosen = {"action": action, "_selected_action": [word.pk for word in words], "post": "yes"}
    client.post(page(SensitiveWord, "changelist"), chosen)
    entries = list(Entry.objects.order_by("target_label"))
    assert [one.target_label for one in entries] == ([] if changes is None else ["scam", "spam"])
    if changes == "delete":
        assert {one.action for one in entries} == {"delete"}
    else:
        assert all((one.action, one.changes) == (action, changes) for one in entries)


@pytest.mark.usefixtures("operator")
def test_changing_in_the_list_leaves_an_entry(client: Client) -> None:
    provider = Provider.objects.create(slug="a", kind="openai", label="A", base_url="https://a.example")
    model = LanguageModel.objects.create(provider=provider, name="m", label="M")
    form = {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "form-0-id": model.pk, "form-0-position": 7, "_save": "1"}
    client.post(page(LanguageModel, "changelist"), form)
    assert entry().changes["position"] == [model.position, 7]


@pytest.mark.usefixtures("operator")
def test_prices_of_a_model_leave_entries_of_their_own(client: Client) -> None:
    provider = Provider.objects.create(slug="a", kind="openai", label="A", base_url="https://a.example")
    model = LanguageModel.objects.create(provider=provider, name="m", label="M")
    url = page(LanguageModel, "change", model.pk)
    form = client.get(url).context["adminform"].form
    shown = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    fields = {name: value for name, value in shown.items() if value not in (None, False)} | {"parameters": "{}"}
    price = {"prices-TOTAL_FORMS": 1, "prices-INITIAL_FORMS": 0, "prices-0-above_tokens": 0}
    answer = client.post(url, fields | price | {"prices-0-input": "2.50", "prices-0-output": "10"})
    assert answer.status_code == 302
    found = Entry.objects.get(target_type="providers.price")
    assert (found.action, found.changes["input"]) == ("add", [None, 2_500_000])


@pytest.mark.usefixtures("operator")
def test_a_key_entered_with_its_provider_leaves_an_entry_without_it(client: Client) -> None:
    fields = {"slug": "a", "kind": "openai", "label": "A", "base_url": "https://a.example/v1", "needs_key": "on"}
    client.post(page(Provider, "add"), fields | {"secret": "sk-this-must-not-be-kept", "enabled": "on"})
    entries = {one.target_type: one for one in Entry.objects.all()}
    assert set(entries) == {"providers.provider", "providers.apikey"}
    assert "sk-this" not in str([one.changes for one in entries.values()])
    assert entries["providers.apikey"].changes["ciphertext"] == "changed"


@pytest.mark.usefixtures("operator")
def test_an_invitation_leaves_an_entry_without_its_token(client: Client) -> None:
    fields = {"email": "new@example.org", "expires_at_0": "2099-01-01", "expires_at_1": "00:00"}
    client.post(page(Invitation, "add"), fields)
    assert (entry().action, entry().changes["token_hash"]) == ("add", "changed")
    assert Invitation.objects.get().token_hash not in str(entry().changes)


@pytest.mark.usefixtures("operator")
def test_an_act_that_is_refused_leaves_none(client: Client, operator: User) -> None:
    client.post(page(User, "delete", operator.pk), {"post": "yes"})
    assert User.objects.filter(pk=operator.pk).exists()
    assert not Entry.objects.exists()


@pytest.mark.parametrize("name", ["change", "delete", "history"])
def test_the_log_cannot_be_changed_in_the_admin(client: Client, operator: User, name: str) -> None:
    changes = {"reason": "a <b>word</b>", "is_active": [True, False], "groups": [[], ["one", "two"]]}
    made = record(operator, "look", changes=changes)
    answer = client.post(page(Entry, name, made.pk), {"action": "x", "post": "yes"})
    assert answer.status_code in {200, 403}
    assert (entry().action, client.post(page(Entry, "add")).status_code) == ("look", 403)
    shown = client.get(page(Entry, "change", made.pk)).content.decode()
    for words in ("a &lt;b&gt;word&lt;/b&gt;", "is_active: yes → no", "groups: – → one, two", f"{made.at:%H:%M:%S}"):
        assert words in shown


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\u2028", "\x85"])
def test_values_cannot_be_taken_for_lines_of_their_own(client: Client, operator: User, line_break: str) -> None:
    forged = f"Stop{line_break}is_superuser: no → yes\u202eden\u200b"
    made = record(operator, "warn", changes={"text": forged, "groups": [[], [forged]]})
    shown = client.get(page(Entry, "change", made.pk)).content.decode()
    assert "text: Stop⏎is_superuser: no → yesden" in shown
    assert "groups: – → Stop⏎is_superuser: no → yesden" in shown


def test_model_that_is_the_default_no_more_leaves_an_entry(client: Client, operator: User) -> None:
    provider = Provider.objects.create(slug="a", kind="openai", label="A", base_url="https://a.example")
    former = LanguageModel.objects.create(provider=provider, name="m", label="M", is_default=True)
    other = LanguageModel.objects.create(provider=provider, name="n", label="N")
    url = page(LanguageModel, "change", other.pk)
    form = client.get(url).context["adminform"].form
    shown = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    fields = {name: value for name, value in shown.items() if value not in (None, False)} | {"parameters": "{}"}
    prices = {"prices-TOTAL_FORMS": 0, "prices-INITIAL_FORMS": 0}
    assert client.post(url, fields | prices | {"is_default": "on"}).status_code == 302
    changes = {one.target_id: one.changes["is_default"] for one in Entry.objects.all()}
    assert changes == {str(former.pk): [True, False], str(other.pk): [False, True]}


@pytest.mark.parametrize(
    ("address", "what"),
    [
        (reverse("admin:providers_usagerecord_export"), {"rows": "usage records"}),
        (reverse("admin:moderation_sensitiveword_export", args=["csv"]), {"rows": "sensitive words"}),
    ],
)
def test_taking_a_file_away_leaves_an_entry(client: Client, operator: User, address: str, what: dict[str, str]) -> None:
    assert client.get(address, {"month": "2026-11"}).status_code == 200
    found = entry()
    assert (found.actor_label, found.action) == (operator.email, "export")
    assert found.changes.items() >= what.items()


def test_the_log_is_found_by_person_row_and_act(client: Client, operator: User, alice: User) -> None:
    record(operator, "warn", alice)
    record("command", "import words")
    asked = [
        *((operator.email, 1), (operator.email.upper(), 1), (str(alice.pk).upper(), 1), ("Warn", 1)),
        *(("accounts.user", 1), ("command", 1), ("import words", 1), ("nobody", 0), ("", 2), (" ", 2)),
    ]
    for wanted, times in asked:
        answer = client.get(page(Entry, "changelist"), {"q": wanted})
        assert len(answer.context["cl"].result_list) == times
