from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from providers.keys.services import find_provider

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

    from providers.models import Provider


@pytest.fixture
def openai(db: None) -> Provider:
    return find_provider("openai")


@pytest.fixture
def field_keys(settings: Settings) -> list[str]:
    """Give two field keys, of which the second one has sealed so far, and the first one is new."""
    new, old = "bmV3LW5ldy1uZXctbmV3LW5ldy1uZXctbmV3LW5ldy0=", "b2xkLW9sZC1vbGQtb2xkLW9sZC1vbGQtb2xkLW9sZC0="
    settings.FIELD_ENCRYPTION_KEYS = [old]
    return [new, old]
