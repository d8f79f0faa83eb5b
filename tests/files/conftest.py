from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django.fixtures import Settings


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    """Keep files in a folder of the test's own; returns the one that holds a folder for each person."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    return tmp_path / "media" / "files"
