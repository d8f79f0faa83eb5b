"""The list of keys is true: it names those that scripts know, and no others."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User

SCRIPTS = Path(__file__).parents[2] / "static" / "js"
OF_THE_COMPOSER = {"enter", "shift+enter"}
"""What Enter does there is tried in tests/browser/test_keyboard.py."""


@pytest.mark.django_db
def test_list_of_keys_names_what_scripts_know(client: Client, alice: User) -> None:
    client.force_login(alice)
    listed = re.findall(r'data-keys="([^"]+)"', client.get("/c/").content.decode())
    table = (SCRIPTS / "shortcuts.js").read_text().partition("const KEYS = {")[2].partition("\n};")[0]
    known = re.findall(r'^  "([^"]+)":', table, re.MULTILINE)
    assert len(known) == table.count("\n")
    assert len(listed) == len(set(listed))
    assert set(listed) == set(known) | OF_THE_COMPOSER
