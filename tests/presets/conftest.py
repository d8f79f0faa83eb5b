from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from providers.catalogue import load_listings
from providers.gateway import get_gateway
from tests.providers.rows import config_of, make_model, make_provider

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def offered(db: None) -> Iterator[None]:
    """Offer a plain model and one that thinks, both of OpenAI."""
    provider = make_provider(label="OpenAI")
    make_model(provider, "plain", label="Plain", largest_output=4096, position=1)
    make_model(provider, "thinker", label="Thinker", takes_temperature=False, has_reasoning=True, position=2)
    get_gateway.cache_clear()
    get_gateway()._catalogue.replace(load_listings([config_of(provider)]))
    yield
    get_gateway.cache_clear()
