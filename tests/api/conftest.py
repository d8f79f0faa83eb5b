"""What the tests of the API share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.api.asking import Api

if TYPE_CHECKING:
    from accounts.models import User


@pytest.fixture
def api(alice: User) -> Api:
    """Give alice's way in."""
    return Api(alice)
