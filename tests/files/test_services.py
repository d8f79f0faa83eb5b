"""Taking files: what is refused, and that nothing of it stays."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone

from accounts.services import delete_account
from chatproject.errors import BadRequest, Conflict, DomainError, NotFound, Unavailable
from files import storing
from files.kinds import clean_name
from files.models import Kind, Upload
from files.parsing.limits import LARGEST_FILE, MEGABYTE
from files.scanning import Infected
from files.services import QuotaExceeded, TooLarge, discard_upload, take_file
from files.storing import StorageFull
from files.sweeping import remove_unneeded
from moderation.services import BlockedWords
from tests.files import samples
from tests.moderation.rows import add_word

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django.fixtures import Settings

    from accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def take(user: User, name: str = "notes.txt", data: bytes = b"Some notes.") -> Upload:
    return take_file(user, SimpleUploadedFile(name, data))


def stored(media: Path) -> set[str]:
    return {path.name for path in media.rglob("*") if path.is_file()}


def test_document_is_kept_as_it_came_with_its_text(alice: User, media: Path) -> None:
    upload = take(alice)
    assert (upload.name, upload.kind, upload.text, upload.is_ready) == ("notes.txt", Kind.DOCUMENT, "Some notes.", True)
    assert (media / str(alice.pk) / str(upload.pk)).read_bytes() == b"Some notes."
    assert (upload.size, upload.kept) == (11, 22)  # the file, and its text besides
    assert stored(media) == {str(upload.pk)}


def test_picture_is_kept_as_it_was_written_anew(alice: User, media: Path) -> None:
    upload = take(alice, "holiday.jpg", samples.photograph("secret camera"))
    kept = {path.name: path.read_bytes() for path in (media / str(alice.pk)).iterdir()}
    assert set(kept) == {str(upload.pk), f"{upload.pk}.small"}
    assert not [data for data in kept.values() if b"secret" in data]
    assert (upload.size, upload.kept) == (len(kept[str(upload.pk)]), sum(map(len, kept.values())))
    assert (upload.media_type, upload.width, upload.height) == ("image/jpeg", 48, 64)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("picture.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("picture.png", samples.picture("JPEG")),
        ("picture.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("notes.txt", samples.picture("PNG")),
        ("notes.txt", b"a\0b"),
        ("book.pdf", b"Not a PDF"),
        ("book.docx", b"Not a docx"),
        ("program.exe", b"MZ"),
        ("noending", b"text"),
        (".htaccess", b"Require all granted"),
        ("empty.txt", b""),
        ("cut.png", samples.picture("PNG")[:60]),
    ],
)
def test_file_that_is_not_what_it_says_is_refused(alice: User, media: Path, name: str, data: bytes) -> None:
    with pytest.raises(BadRequest):
        take(alice, name, data)
    assert (Upload.objects.count(), stored(media)) == (0, set())


def test_byte_over_the_limit_is_too_many(alice: User) -> None:
    with pytest.raises(TooLarge) as refusal:
        take(alice, "log.txt", b"x" * (LARGEST_FILE + 1))
    assert refusal.value.http_status == 413


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("..\\..\\x.txt", "x.txt"),
        ("%2e%2e/x.txt", "x.txt"),
        ("x\0.png", "x.png"),
        ("a\r\nSet-Cookie: b.txt", "aSet-Cookie_ b.txt"),
        ('"><img src=x onerror=alert(1)>.png', "___img src=x onerror=alert(1)_.png"),
        ("photo\u202egnp.txt", "photognp.txt"),
        ("z\u200bero.txt", "zero.txt"),
        ("x" * 5000 + ".txt", "x" * 196 + ".txt"),
        ("e" + "\u0301" * 300 + ".txt", "\xe9\u0301\u0301.txt"),
        ("Größe 你好.txt", "Größe 你好.txt"),
        ("", "file"),
        ("...", "file"),
    ],
)
def test_name_is_safe_to_show(given: str, name: str) -> None:
    assert clean_name(given) == name


def test_path_holds_nobodys_words(alice: User, media: Path) -> None:
    upload = take(alice, "../../secret.txt")
    assert [path.relative_to(media).parts for path in media.rglob("*") if path.is_file()] == [
        (str(alice.pk), str(upload.pk))
    ]


def test_quota_of_bytes_counts_what_is_kept(alice: User, settings: Settings, media: Path) -> None:
    settings.FILES_MB_PER_PERSON = 1
    take(alice, "a.txt", b"x" * (MEGABYTE // 2 - 200_000))
    with pytest.raises(QuotaExceeded):
        take(alice, "b.txt", b"y" * (MEGABYTE // 2 - 50_000))  # fits as it comes, and not with its text
    assert (Upload.objects.count(), len(stored(media))) == (1, 1)


def test_quota_is_each_persons_own(alice: User, bob: User, settings: Settings) -> None:
    settings.FILES_PER_PERSON = 1
    take(alice)
    with pytest.raises(QuotaExceeded):
        take(alice)
    assert take(bob).is_ready


def test_parallel_uploads_cannot_pass_the_quota(alice: User, settings: Settings, media: Path) -> None:
    settings.FILES_PER_PERSON = 3

    def attempt(number: int) -> bool:
        try:
            return bool(take(alice, f"{number}.txt"))
        except QuotaExceeded:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as threads:
        taken = list(threads.map(attempt, range(100)))
    assert (sum(taken), Upload.objects.count(), len(stored(media))) == (3, 3, 3)


def test_connection_is_free_for_others_while_a_file_is_read(
    alice: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []

    def look(*_: object, **__: object) -> subprocess.CompletedProcess[bytes]:
        seen.append(connection.connection)
        return subprocess.CompletedProcess([], 0, b'{"text": "words"}\n')

    monkeypatch.setattr(subprocess, "run", look)
    take(alice)
    assert seen == [None]


def test_text_that_no_store_can_keep_is_mended(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    told = subprocess.CompletedProcess([], 0, b'{"text": "half \\ud83d a pair", "note": ""}\n')
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: told)
    take(alice, "book.txt")
    assert Upload.objects.get().text == "half \ufffd a pair"


def test_suspended_person_brings_nothing(alice: User, media: Path) -> None:
    alice.is_active = False
    alice.save()
    with pytest.raises(DomainError):
        take(alice)
    assert (Upload.objects.count(), stored(media)) == (0, set())


def test_full_disk_refuses_the_file_and_leaves_no_row(alice: User, settings: Settings, tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder should be")
    settings.MEDIA_ROOT = str(blocked)
    with pytest.raises(StorageFull) as refusal:
        take(alice)
    assert refusal.value.http_status == 507
    assert not Upload.objects.exists()


@pytest.mark.parametrize(("name", "data"), [("kumquat.txt", b"fine"), ("fine.txt", b"one kumquat, please")])
def test_blocked_words_are_found_in_names_and_texts(alice: User, media: Path, name: str, data: bytes) -> None:
    add_word("kumquat")
    with pytest.raises(BlockedWords):
        take(alice, name, data)
    assert (Upload.objects.count(), stored(media)) == (0, set())


def scanner(folder: Path, body: str) -> list[str]:
    """Write a scanner of viruses; it gets the path as its last word."""
    path = folder / "scanner.py"
    path.write_text(f"import sys\ndata = open(sys.argv[-1], 'rb').read()\n{body}\n")
    return [sys.executable, str(path)]


def test_scanner_refuses_a_virus_and_lets_the_rest_pass(
    alice: User, settings: Settings, media: Path, tmp_path: Path
) -> None:
    settings.SCAN_COMMAND = scanner(tmp_path, "sys.exit(b'EICAR' in data)")
    with pytest.raises(Infected):
        take(alice, "virus.txt", EICAR)
    assert (Upload.objects.count(), stored(media)) == (0, set())
    assert take(alice).is_ready


@pytest.mark.parametrize("command", [["/does/not/exist"], ["false", "--"], [sys.executable, "-c", "exit(2)"]])
def test_scanner_that_is_away_closes_or_opens_as_was_said(alice: User, settings: Settings, command: list[str]) -> None:
    settings.SCAN_COMMAND = command
    if command[0] == "false":
        with pytest.raises(Infected):
            take(alice)
        return
    with pytest.raises(Unavailable):
        take(alice)
    settings.SCAN_FAIL = "open"
    assert take(alice).is_ready


def test_unsent_file_can_be_given_up_and_only_by_its_person(alice: User, bob: User, media: Path) -> None:
    upload = take(alice)
    with pytest.raises(NotFound):
        discard_upload(bob, upload.pk)
    discard_upload(alice, upload.pk)
    assert (Upload.objects.count(), stored(media)) == (0, set())


def test_sent_file_is_not_given_up(alice: User) -> None:
    upload = take(alice)
    Upload.objects.update(used_at=timezone.now())
    with pytest.raises((Conflict, NotFound)):
        discard_upload(alice, upload.pk)
    assert Upload.objects.exists()


def test_sweep_removes_what_was_never_sent_or_never_read(alice: User, media: Path) -> None:
    kept, unsent, unread = take(alice), take(alice), take(alice)
    now = timezone.now()
    Upload.objects.filter(pk=unsent.pk).update(created_at=now - timedelta(days=3))
    Upload.objects.filter(pk=unread.pk).update(created_at=now - timedelta(hours=1), is_ready=False)
    assert remove_unneeded() == 2
    assert stored(media) == {str(kept.pk)}
    assert [upload.pk for upload in Upload.objects.all()] == [kept.pk]


def test_files_go_with_their_person_at_once(alice: User, bob: User, media: Path) -> None:
    kept = take(bob)
    take(alice, "a.jpg", samples.photograph())
    delete_account(alice)
    assert stored(media) == {str(kept.pk)}


def test_sweep_removes_what_a_crash_left_of_people_who_are_gone(bob: User, media: Path) -> None:
    kept = take(bob)
    for name in (str(uuid4()), "not a person"):
        (media / name).mkdir()
        (media / name / "file").write_bytes(b"x")
    remove_unneeded()
    assert stored(media) == {str(kept.pk), "file"}
    assert (media / "not a person" / "file").exists()


def test_file_whose_disk_copy_is_gone_is_swept_all_the_same(alice: User) -> None:
    upload = take(alice)
    storing.remove(upload)
    Upload.objects.update(created_at=timezone.now() - timedelta(days=3))
    assert remove_unneeded() == 1
    assert not Upload.objects.exists()
