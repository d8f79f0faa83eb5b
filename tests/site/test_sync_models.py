"""Fetching the lists now: by command, and by the button in the admin."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from providers.models import LanguageModel, Provider
from tests.providers.rows import make_model
from tests.support.ports import free_port
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.server import Server


def test_command_tells_what_came_what_is_new_and_what_is_gone(
    fresh_server: Callable[..., Server],
) -> None:
    server = fresh_server(ANTHROPIC_BASE_URL=f"http://127.0.0.1:{free_port()}")
    server.manage("migrate", "-v0")
    first = server.manage("sync_models", "openai").stdout
    assert first.startswith("openai: ")
    assert "new: " in first
    assert "anthropic" not in first
    assert "nothing new" in server.manage("sync_models", "openai").stdout

    with pytest.raises(subprocess.CalledProcessError) as failed:
        server.manage("sync_models")
    assert "Not every list came." in failed.value.stderr
    assert "anthropic: " in failed.value.stderr
    with pytest.raises(subprocess.CalledProcessError) as unknown:
        server.manage("sync_models", "opnai")
    assert "Unknown or without a key: opnai. There are: openai, anthropic." in unknown.value.stderr


def test_button_fetches_the_lists_of_the_running_server(server: Server) -> None:
    operator = server.sign_up("op", is_staff=True, is_superuser=True)
    with server.database():
        openai = wait_until(Provider.objects.filter(slug="openai").first, what="the provider's row")
        make_model(openai, "left-long-ago")

    answer = server.post("/admin/providers/languagemodel/fetch/", operator)

    assert (answer.status, answer.headers["location"]) == (302, "/admin/providers/languagemodel/")
    with server.database():
        assert not LanguageModel.objects.get(name="left-long-ago").is_listed
        LanguageModel.objects.filter(name="left-long-ago").delete()
