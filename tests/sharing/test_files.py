"""Files in links: only where ticked, only those of the branch, only through the link, and gone with it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.services import suspend_user
from conversations.models import Conversation, Message, Role
from files.models import Attachment, Upload
from files.services import carry, delete_file, take_file
from sharing.models import Link, SharedFile
from sharing.services import continue_from, revoke_link, share_branch
from tests.files import samples
from tests.support.factories import make_conversation, make_message

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django.fixtures import Settings

    from accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


def upload(user: User, name: str, data: bytes) -> Upload:
    return take_file(user, SimpleUploadedFile(name, data))


@pytest.fixture
def talk(alice: User) -> Conversation:
    """Make a conversation that carries a picture and a document on the branch on show, and another beside it."""
    conversation = make_conversation(alice, "Holiday")
    aside = make_message(conversation, "Aside", html="Aside")
    carry(alice, {aside.pk: [upload(alice, "aside.txt", b"beside it").pk]})
    shown = make_message(conversation, "", parent=None)
    files = [upload(alice, "beach.png", samples.picture()), upload(alice, "notes.txt", b"What I noted")]
    carry(alice, {shown.pk: [one.pk for one in files]})
    make_message(conversation, "Nice", html="<p>Nice</p>", role=Role.ASSISTANT)
    return conversation


def addresses(token: str) -> dict[str, str]:
    """Give the address of each file below a link, by its name."""
    return {one.name: reverse("sharing:file", args=[token, one.pk]) for one in Upload.objects.all()}


def statuses(token: str) -> dict[str, int]:
    return {name: Client().get(address).status_code for name, address in addresses(token).items()}


def test_link_shows_no_files_unless_ticked(client: Client, alice: User, talk: Conversation) -> None:
    client.force_login(alice)
    page = client.get(reverse("sharing:share", args=[talk.pk])).content.decode()
    assert "Show the attached files, too" in page
    assert 'name="with_files" class="checkbox" id="id_with_files">' in page
    _link, token = share_branch(talk)
    assert statuses(token) == {"aside.txt": 404, "beach.png": 404, "notes.txt": 404}
    page = Client().get(reverse("sharing:shared", args=[token])).content.decode()
    assert "Only files were sent here. They are not shown." in page
    assert "notes.txt" not in page


def test_form_offers_files_only_where_there_are_some(client: Client, alice: User) -> None:
    plain = make_conversation(alice)
    make_message(plain, "Hello")
    client.force_login(alice)
    assert "with_files" not in client.get(reverse("sharing:share", args=[plain.pk])).content.decode()
    client.post(reverse("sharing:share", args=[plain.pk]), {"days": "never", "with_files": "on"})
    assert (Link.objects.count(), SharedFile.objects.count()) == (1, 0)


def test_ticked_link_shows_the_files_of_its_branch_and_no_others(
    client: Client, alice: User, talk: Conversation
) -> None:
    client.force_login(alice)
    made = client.post(reverse("sharing:share", args=[talk.pk]), {"days": "never", "with_files": "on"})
    token = made.context["address"].rstrip("/").rpartition("/")[2]
    assert statuses(token) == {"aside.txt": 404, "beach.png": 200, "notes.txt": 200}
    page = Client().get(reverse("sharing:shared", args=[token])).content.decode()
    for name in ("beach.png", "notes.txt"):
        assert f'href="{addresses(token)[name]}"' in page
    assert f'src="{addresses(token)["beach.png"]}thumbnail/"' in page
    assert "/files/" not in page.replace(f"/s/{token}/files/", "")
    assert "aside" not in page


def test_shared_file_is_given_to_be_saved_and_runs_nowhere(alice: User, talk: Conversation) -> None:
    _link, token = share_branch(talk, with_files=True)
    answer = Client().get(addresses(token)["notes.txt"])
    assert answer.content == b"What I noted"
    assert answer["Content-Disposition"] == 'attachment; filename="notes.txt"'
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
    assert (answer["X-Content-Type-Options"], answer["X-Robots-Tag"]) == ("nosniff", "noindex, nofollow, noarchive")
    small = Client().get(f"{addresses(token)['beach.png']}thumbnail/")
    assert (small.status_code, small["Content-Type"]) == (200, "image/jpeg")
    assert Client().get(f"{addresses(token)['notes.txt']}thumbnail/").status_code == 404


def test_file_is_reached_through_its_own_link_only(alice: User, talk: Conversation) -> None:
    _first, token = share_branch(talk, with_files=True)
    _second, bare = share_branch(talk)
    name = addresses(token)["notes.txt"]
    assert Client().get(name).status_code == 200
    assert Client().get(name.replace(token, bare)).status_code == 404
    assert Client().get(name.replace(token, "unknown")).status_code == 404
    assert Client().get(reverse("sharing:file", args=[token, uuid4()])).status_code == 404
    own = Upload.objects.get(name="notes.txt").pk
    assert Client().get(reverse("files:file", args=[own])).status_code == 302
    assert Client().post(name).status_code == 405


@pytest.mark.parametrize("how", ["revoked", "expired", "deleted", "removed", "suspended", "off"])
def test_files_are_gone_with_the_link(alice: User, talk: Conversation, settings: Settings, how: str) -> None:
    link, token = share_branch(talk, with_files=True)
    if how == "revoked":
        revoke_link(link)
    elif how == "expired":
        Link.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif how == "deleted":
        Conversation.objects.update(deleted_at=timezone.now())
    elif how == "removed":
        Message.objects.filter(attachments__upload__name="notes.txt").update(deleted_at=timezone.now())
    elif how == "suspended":
        suspend_user(alice)
    else:
        settings.SHARING = "off"
    assert set(statuses(token).values()) == {404}


def test_file_that_its_owner_deletes_disappears_from_the_link(alice: User, talk: Conversation) -> None:
    _link, token = share_branch(talk, with_files=True)
    gone = addresses(token)["notes.txt"]
    delete_file(alice, Upload.objects.get(name="notes.txt").pk)
    assert Client().get(gone).status_code == 404
    assert "notes.txt" not in Client().get(reverse("sharing:shared", args=[token])).content.decode()


def test_files_are_not_taken_along_by_who_goes_on(alice: User, bob: User, talk: Conversation) -> None:
    link, _token = share_branch(talk, with_files=True)
    continue_from(link, user=bob, client_id="c" * 32)
    assert not Attachment.objects.filter(message__conversation__user=bob).exists()
