"""The queue of incidents: what it shows and finds, who decides, and that nobody decides over another's decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from audit.models import Entry
from chatproject.errors import BadRequest, Conflict, Forbidden, NotFound
from moderation.decisions import decide, decide_one, write_note
from moderation.models import Action, Direction, Incident, Kind, PersonalWarning, State
from moderation.services import check_text, file_report, record_incidents
from tests.moderation.rows import add_word
from tests.support.factories import make_user

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db

QUEUE = reverse("admin:moderation_incident_changelist")


@pytest.fixture
def operator(client: Client) -> Client:
    client.force_login(make_user("op@example.org", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def incident(alice: User) -> Incident:
    return file_report(alice, subject=uuid4(), text="An answer <b>that</b> was reported", remark="Look")


def decide_address(incident: Incident) -> str:
    return reverse("admin:moderation_incident_decide", args=[incident.pk])


def change_address(incident: Incident) -> str:
    return reverse("admin:moderation_incident_change", args=[incident.pk])


def make_moderator(*codenames: str) -> User:
    person = make_user(is_staff=True)
    person.user_permissions.set(
        Permission.objects.filter(codename__in=codenames or ["view_incident", "change_incident"])
    )
    return person


def sign_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def form_of(client: Client, incident: Incident, **changed: str) -> dict[str, str]:
    """Fill the page of an incident in, as it is shown now."""
    form = client.get(change_address(incident)).context["adminform"].form
    return {"state": form.initial["state"], "note": form.initial["note"], "seen": form.seen, **changed}


def look(incident: Incident) -> tuple[str, str, str]:
    found = Incident.objects.select_related("reviewer").get(pk=incident.pk)
    return found.state, found.note, str(found.reviewer or "")


def test_queue_shows_the_open_ones_first(operator: Client, incident: Incident) -> None:
    page = operator.get(QUEUE).content.decode()
    assert "⟦An answer &lt;b&gt;that" in page
    assert '<script src="/static/js/admin/incidents.js" type="module"></script>' in page
    operator.post(decide_address(incident), {"state": "dismissed"})
    assert "⟦" not in operator.get(QUEUE).content.decode()
    assert "⟦" in operator.get(QUEUE, {"state": "dismissed"}).content.decode()
    assert "⟦" in operator.get(QUEUE, {"state": "all"}).content.decode()


def test_queue_is_searched_by_person_message_and_entry(operator: Client, incident: Incident, bob: User) -> None:
    add_word("badword", Action.FLAG)
    record_incidents(bob.pk, check_text(bob, "A badword").findings, Direction.INPUT)
    for term, found in (
        (incident.person.email.upper(), "⟦An answer"),
        (str(incident.subject), "⟦An answer"),
        ("BАdword", "⟦badword"),
    ):
        page = operator.get(QUEUE, {"q": term}).content.decode()
        assert found in page
        assert page.count("⟦") == 1
    assert "⟦" not in operator.get(QUEUE, {"q": "word"}).content.decode()
    assert "Found in a message: flag" in operator.get(QUEUE).content.decode()


def test_queue_asks_the_database_as_often_for_many_as_for_one(
    operator: Client, incident: Incident, django_assert_max_num_queries: Any
) -> None:
    for _ in range(20):
        file_report(make_user(), subject=uuid4(), text="An answer")
    with django_assert_max_num_queries(9):
        assert b"21 incidents" in operator.get(QUEUE).content


def test_one_key_decides(operator: Client, incident: Incident) -> None:
    assert operator.post(decide_address(incident), {"state": "confirmed"}).status_code == 204
    assert look(incident) == ("confirmed", "", "op@example.org")
    assert operator.post(decide_address(incident), {"state": "burnt"}).status_code == 400
    assert operator.post(decide_address(incident), {}).status_code == 400
    assert operator.get(decide_address(incident)).status_code == 405
    incident.delete()
    incident.pk = uuid4()
    assert operator.post(decide_address(incident), {"state": "open"}).status_code == 404


def test_decision_names_the_reviewer_and_can_be_taken_back(incident: Incident, bob: User) -> None:
    everything = Incident.objects.all()
    assert decide(everything, reviewer=bob, state=State.CONFIRMED) == 1
    assert look(incident) == ("confirmed", "", bob.email)
    assert decide(everything, reviewer=bob, state=State.DISMISSED) == 0
    assert decide(everything, reviewer=bob, state=State.OPEN) == 1
    assert Incident.objects.filter(state=State.OPEN, reviewer=None, reviewed_at=None).count() == 1
    with pytest.raises(BadRequest):
        decide(everything, reviewer=bob, state="burnt")


def test_second_of_two_who_decide_is_told_of_the_first(incident: Incident) -> None:
    first, second = make_moderator(), make_moderator()
    assert sign_in(first).post(decide_address(incident), {"state": "confirmed"}).status_code == 204
    answer = sign_in(second).post(decide_address(incident), {"state": "dismissed"})
    assert (answer.status_code, answer["Content-Type"]) == (409, "text/plain; charset=utf-8")
    assert answer.content.decode().startswith(f"Already confirmed by {first.email} on ")
    assert look(incident) == ("confirmed", "", first.email)
    same = sign_in(second).post(decide_address(incident), {"state": "confirmed"})
    assert same.status_code == 409, "the same decision is another's, too"
    assert sign_in(first).post(decide_address(incident), {"state": "confirmed"}).status_code == 204
    assert Entry.objects.filter(action="decide").count() == 1


def test_decision_is_taken_back_before_it_is_another(incident: Incident) -> None:
    first, second = make_moderator(), sign_in(make_moderator())
    decide_one(incident.pk, reviewer=first, state=State.CONFIRMED)
    assert second.post(decide_address(incident), {"state": "open"}).status_code == 204
    assert second.post(decide_address(incident), {"state": "dismissed"}).status_code == 204
    assert look(incident)[0] == "dismissed"


def test_action_leaves_what_is_decided(operator: Client, incident: Incident, bob: User) -> None:
    other = file_report(bob, subject=uuid4(), text="An answer")
    decide_one(incident.pk, reviewer=bob, state=State.CONFIRMED)
    chosen = {"action": "dismiss", "_selected_action": [str(incident.pk), str(other.pk)]}
    told = operator.post(f"{QUEUE}?state=all", chosen, follow=True).content.decode()
    assert (look(incident)[0], look(other)[0]) == ("confirmed", "dismissed")
    assert "1 dismissed." in told
    assert "Left as they are, decided already, about you or reported by you: 1." in told


def test_form_decides_and_writes_a_note(operator: Client, incident: Incident) -> None:
    form = form_of(operator, incident, state="confirmed", note="Warned\r\nonce", person="")
    assert operator.post(change_address(incident), form).status_code == 302
    assert look(incident) == ("confirmed", "Warned\nonce", "op@example.org")
    assert Incident.objects.get().person_id is not None
    assert operator.get(reverse("admin:moderation_incident_add")).status_code == 403


def test_form_of_before_somebody_decided_changes_nothing(operator: Client, incident: Incident, bob: User) -> None:
    stale = form_of(operator, incident, note="Mine")
    decide_one(incident.pk, reviewer=bob, state=State.CONFIRMED)
    write_note(incident.pk, author=bob, note="Theirs", before="")
    shown = operator.post(change_address(incident), stale).content.decode()
    assert f"Somebody changed this meanwhile. Already confirmed by {bob.email} on " in shown
    assert ">\nMine</textarea>" in shown, "what was typed is kept"
    assert look(incident) == ("confirmed", "Theirs", bob.email)


def test_form_opens_again_before_it_decides_anew(operator: Client, incident: Incident, bob: User) -> None:
    decide_one(incident.pk, reviewer=bob, state=State.CONFIRMED)
    refused = operator.post(change_address(incident), form_of(operator, incident, state="dismissed"))
    assert b"Open it again first" in refused.content
    assert look(incident)[0] == "confirmed"
    for state in ("open", "dismissed"):
        operator.post(change_address(incident), form_of(operator, incident, state=state))
    assert look(incident) == ("dismissed", "", "op@example.org")


def test_note_is_written_over_the_one_that_was_seen(operator: Client, incident: Incident, bob: User) -> None:
    address = decide_address(incident)
    assert operator.post(address, {"note": "One\r\nnote ", "was": ""}).status_code == 204
    assert look(incident) == ("open", "One\nnote", "")
    write_note(incident.pk, author=bob, note="Another", before="One\nnote")
    refused = operator.post(address, {"note": "Third", "was": "One\r\nnote"})
    assert (refused.status_code, "another note" in refused.content.decode()) == (409, True)
    assert look(incident)[1] == "Another"
    assert operator.post(address, {"note": "x" * 2001, "was": "Another"}).status_code == 400


def test_log_keeps_that_a_note_was_written_and_not_its_words(operator: Client, incident: Incident) -> None:
    operator.post(decide_address(incident), {"note": "She wrote: secret", "was": ""})
    operator.post(change_address(incident), form_of(operator, incident, note="secret again"))
    operator.post(decide_address(incident), {"note": "secret again", "was": "secret again"})
    kept = list(Entry.objects.values_list("action", "changes"))
    assert kept == [("write note", {"note": "changed"})] * 2


def test_nobody_decides_about_themselves(incident: Incident) -> None:
    own = make_moderator()
    Incident.objects.update(person=own)
    client = sign_in(own)
    for wanted in ({"state": "dismissed"}, {"note": "It was nothing", "was": ""}):
        assert client.post(decide_address(incident), wanted).status_code == 403
    client.post(QUEUE, {"action": "dismiss", "_selected_action": [str(incident.pk)]})
    page = client.get(change_address(incident))
    assert (page.status_code, b'name="note"' in page.content) == (200, False)
    assert client.post(change_address(incident), {"state": "dismissed", "note": ""}).status_code == 403
    assert look(incident) == ("open", "", "")
    with pytest.raises(Forbidden):
        decide_one(incident.pk, reviewer=own, state=State.CONFIRMED)
    with pytest.raises(NotFound):
        decide_one(uuid4(), reviewer=own, state=State.CONFIRMED)


@pytest.mark.parametrize(
    ("kind", "told"), [(Kind.REPORT, "You reported this; somebody else decides."), (Kind.HIT, "This is about you.")]
)
def test_who_is_refused_reads_whether_they_reported_it(incident: Incident, kind: Kind, told: str) -> None:
    own = make_moderator()
    Incident.objects.update(person=own, kind=kind)
    answer = sign_in(own).post(decide_address(incident), {"state": "dismissed"})
    assert answer.status_code == 403
    assert answer.content.decode().startswith(told)


def test_superuser_decides_about_themselves(operator: Client, incident: Incident) -> None:
    chief = get_user_model().objects.get(email="op@example.org")
    Incident.objects.update(person=chief)
    assert operator.post(decide_address(incident), {"state": "dismissed"}).status_code == 204
    with pytest.raises(Conflict):
        decide_one(incident.pk, reviewer=chief, state=State.CONFIRMED)


def test_report_names_who_made_it_and_accuses_nobody(operator: Client, incident: Incident) -> None:
    shown = operator.get(change_address(incident)).content.decode()
    assert "Reported by:" in shown
    assert "Warn who reported it" in shown
    for words in ("Person:", "Suspend the person", "Warn the person"):
        assert words not in shown
    Incident.objects.update(kind=Kind.HIT)
    shown = operator.get(change_address(incident)).content.decode()
    assert "Reported by:" not in shown
    for words in ("Person:", "Suspend the person", "Warn the person"):
        assert words in shown


def test_remark_and_warning_hide_nothing_and_turn_nothing_round(operator: Client, alice: User) -> None:
    found = file_report(alice, subject=uuid4(), text="An answer", remark="Look\u202e at\u200b it\nAgain")
    PersonalWarning.objects.create(person=alice, text="Please\u2066 do\u200d not\nWarned")
    shown = operator.get(change_address(found)).content.decode()
    assert "Look at it⏎Again" in shown
    assert "Please do not⏎Warned" in shown
    assert not set("\u202e\u200b\u2066\u200d") & set(shown)


def test_who_may_only_look_decides_nothing(incident: Incident) -> None:
    reader = sign_in(make_moderator("view_incident"))
    assert b"data-incident-keys" not in reader.get(QUEUE).content
    assert reader.post(decide_address(incident), {"state": "confirmed"}).status_code == 403
    reader.post(QUEUE, {"action": "confirm", "_selected_action": [str(incident.pk)]})
    assert look(incident)[0] == "open"


def test_queue_is_closed_without_the_permission() -> None:
    stranger = sign_in(make_moderator("view_sensitiveword"))
    assert stranger.get(QUEUE).status_code == 403
    assert stranger.post(QUEUE, {}).status_code == 403
