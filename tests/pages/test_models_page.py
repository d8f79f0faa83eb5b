"""The page that tells which models there are, what they can do, and what they cost."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from conversations.templatetags.prices import price
from providers.catalogue import load_listings
from providers.gateway import get_gateway
from tests.providers.rows import LOCAL, config_of, make_model, make_price, make_provider

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

    from accounts.models import User

pytestmark = pytest.mark.django_db

ADDRESS = "/settings/models/"


@pytest.fixture(autouse=True)
def providers(db: None) -> Iterator[None]:
    """One that sells, one of the operator's own, one whose list failed, one that is not known yet."""
    seller = make_provider("openai", label="OpenAI")
    rich = make_model(seller, "rich-1", label="Rich", context_window=1_000_000, largest_output=64_000, has_vision=True)
    make_price(rich, 5_000_000, 30_000_000)
    make_price(rich, 10_000_000, 45_000_000, above_tokens=272_000)
    make_model(seller, "new-1", label="New", is_default=True)
    make_model(seller, "off-1", label="Switched off", enabled=False)
    own = make_provider("local", label="Ours", base_url=LOCAL)
    make_model(own, "llama", label="Llama")
    failed = make_provider("broken", label="Broken", listing_error="Broken cannot be reached.")
    unseen = make_provider("unseen", label="Unseen")
    get_gateway.cache_clear()
    get_gateway()._catalogue.replace(load_listings(map(config_of, (seller, own, failed, unseen))))
    yield
    get_gateway.cache_clear()


@pytest.fixture
def page(client: Client, alice: User) -> str:
    client.force_login(alice)
    return str(client.get(ADDRESS).content.decode())


def row(page: str, label: str) -> str:
    """Give the words of a model's row."""
    found = next(part for part in re.findall(r"<tr.*?</tr>", page, re.DOTALL) if f">{label}" in part)
    return " ".join(re.sub(r"<[^>]+>", " ", found).split())


def test_row_tells_sizes_abilities_and_prices_by_length(page: str) -> None:
    said = "Rich rich-1 sees images 1,000,000 64,000 $5.00 $10.00 over 272,000 $30.00 $45.00 over 272,000"
    assert row(page, "Rich") == said


def test_unknown_is_said_and_never_a_number(page: str) -> None:
    assert row(page, "New") == "New Default new-1 unknown unknown price unknown"


def test_own_server_is_free(page: str) -> None:
    assert row(page, "Llama") == "Llama llama unknown unknown free, on your own server"


def test_lists_that_are_not_there_say_why(page: str) -> None:
    assert "Broken cannot be reached." in page
    assert "The list of models is on its way." in page


def test_models_that_are_switched_off_are_not_shown(page: str) -> None:
    assert "Switched off" not in page


@pytest.mark.parametrize(
    ("amount", "written"),
    [(0, "$0.00"), (2_500_000, "$2.50"), (75_000, "$0.075"), (1, "$0.000001"), (1_234_000_000, "$1,234.00")],
)
def test_prices_are_written_exactly(amount: int, written: str) -> None:
    assert price(amount) == written
