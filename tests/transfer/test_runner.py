"""The worker of exports and imports: who is taken up, how often, and what is cleared away."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from asgiref.sync import async_to_sync
from django.db import DataError
from django.utils import timezone

from conversations.models import Conversation, Role
from tests.support.factories import make_conversation, make_message
from transfer import archive, exports, imports, places, runner
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
    made = [make_conversation(alice, f"Talk {number}", model="demo/demo") for number in range(5)]
    for conversation in made:
        make_message(conversation, "Question")
        make_message(conversation, "Answer", role=Role.ASSISTANT, model="demo/demo")
    return made


def work() -> None:
    while async_to_sync(runner.work_once)():
        pass


def test_jobs_of_suspended_people_wait(alice: User) -> None:
    exports.start_export(alice, Format.JSON)
    alice.is_active = False
    alice.save()
    assert runner.claim() is None


def test_job_that_comes_no_further_is_given_up(alice: User, talks: list[Conversation]) -> None:
    export = exports.start_export(alice, Format.JSON)
    for _ in range(runner.MOST_TRIES):
        assert runner.claim() == export
        Export.objects.update(heartbeat_at=timezone.now() - runner.LEASE * 2)
    assert runner.claim() is None
    export.refresh_from_db()
    assert (export.state, export.failure) == (State.FAILED, str(runner.BROKEN))


def test_job_that_comes_on_is_taken_up_as_often_as_it_takes(
    alice: User, talks: list[Conversation], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "BATCH", 2)
    monkeypatch.setattr(runner, "MOST_TRIES", 1)
    export = exports.start_export(alice, Format.JSON)
    for done in (2, 4, 5):
        claimed = runner.claim()
        assert isinstance(claimed, Export)
        exports.write_some(claimed)
        Export.objects.update(heartbeat_at=timezone.now() - runner.LEASE * 2)
        export.refresh_from_db()
        assert (export.done, export.tries) == (done, 0)


def test_imports_keep_no_export_waiting(alice: User, talks: list[Conversation]) -> None:
    waiting = imports.bring_file(alice, name="a.json", pieces=[b"[]"])
    exports.start_export(alice, Format.JSON)
    assert isinstance(runner.claim(Export), Export)
    assert runner.claim(Import) == waiting


def test_what_was_kept_long_enough_goes_with_its_file(alice: User, talks: list[Conversation]) -> None:
    export = exports.start_export(alice, Format.JSON)
    work()
    Export.objects.update(created_at=timezone.now() - runner.KEPT_FOR - timedelta(hours=1))
    path = places.path_of(export)
    long_ago = path.stat().st_mtime - 2 * places.STRAY_AFTER

    os.utime(path, (long_ago, long_ago))
    runner.tidy()
    assert Export.objects.count() == 0
    assert not path.exists()


def test_files_go_with_the_account(alice: User, talks: list[Conversation]) -> None:
    export = exports.start_export(alice, Format.JSON)
    work()
    Conversation.objects.update(leaf=None)
    assert places.path_of(export).exists()
    imports.bring_file(alice, name="a.json", pieces=[b"[]"])
    alice.delete()
    assert (Export.objects.count(), Import.objects.count()) == (0, 0)
    assert list(places.root().iterdir()) == []


@pytest.mark.parametrize("error", [ZeroDivisionError, DataError])
def test_job_that_breaks_says_so_and_leaves_nothing(
    alice: User, talks: list[Conversation], monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def broken(_: Conversation) -> None:
        raise error

    export = exports.start_export(alice, Format.JSON)
    monkeypatch.setattr(archive, "describe", broken)
    work()
    export.refresh_from_db()
    assert (export.state, export.failure) == (State.FAILED, str(runner.BROKEN))
    assert list(places.root().iterdir()) == []
