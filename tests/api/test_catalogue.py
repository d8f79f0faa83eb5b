"""``/api/models`` and ``/api/presets``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from accounts.tokens import Scope
from conversations.models import Preset
from conversations.presets import MAX_PRESETS
from providers.catalogue import load_listings
from providers.gateway import get_gateway
from tests.api.asking import Api
from tests.providers.rows import config_of, make_model, make_price, make_provider

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.fixtures import Settings

    from accounts.models import User

MODEL = "openai/rich-1"


@pytest.fixture(autouse=True)
def _providers(db: None) -> Iterator[None]:
    """One that sells, and one that is not known yet."""
    seller, unseen = make_provider("openai", label="OpenAI"), make_provider("unseen", label="Unseen")
    rich = make_model(seller, "rich-1", label="Rich", context_window=1_000_000, largest_output=64_000, has_vision=True)
    make_price(rich, 5_000_000, 30_000_000)
    make_price(rich, 10_000_000, 45_000_000, above_tokens=272_000)
    make_model(seller, "new-1", label="New", is_default=True)
    make_model(seller, "off-1", label="Switched off", enabled=False)
    get_gateway.cache_clear()
    get_gateway()._catalogue.replace(load_listings(map(config_of, (seller, unseen))))
    yield
    get_gateway.cache_clear()


def test_models_are_told_with_what_they_can(api: Api) -> None:
    told = api.get("/models").json()
    assert (told["default"], told["most_compared"]) == ("openai/new-1", 4)
    by_id = {one["id"]: one for one in told["data"]}
    assert set(by_id) == {"openai/rich-1", "openai/new-1"}
    assert by_id["openai/rich-1"] | {"tools": None, "reasoning": None} == {
        "id": "openai/rich-1",
        "name": "Rich",
        "provider": "openai",
        "context_window": 1_000_000,
        "largest_output": 64_000,
        "vision": True,
        "tools": None,
        "reasoning": None,
        "default": False,
        "prices": [
            {"above_tokens": 0, "input": 5_000_000, "output": 30_000_000},
            {"above_tokens": 272_000, "input": 10_000_000, "output": 45_000_000},
        ],
    }
    new = by_id["openai/new-1"]
    assert (new["default"], new["context_window"], new["prices"]) == (True, None, None)
    assert told["providers"] == [
        {"id": "openai", "name": "OpenAI", "listed": True, "reason": ""},
        {"id": "unseen", "name": "Unseen", "listed": False, "reason": ""},
    ]


def test_prices_are_told_only_where_costs_are(api: Api, settings: Settings) -> None:
    settings.SHOW_COST = False
    assert {one["prices"] for one in api.get("/models").json()["data"]} == {None}


def test_who_may_only_chat_sees_models_and_no_presets(alice: User) -> None:
    api = Api(alice, Scope.CHAT)
    assert (api.get("/models").status_code, api.get("/presets").status_code) == (200, 403)


def test_presets_are_ones_own_and_those_for_everybody(api: Api, alice: User, bob: User) -> None:
    own = Preset.objects.create(user=alice, name="Mine", model=MODEL, instructions="Be brief.", temperature=0.2)
    common = Preset.objects.create(user=None, name="Ours", model=MODEL, instructions="Secret words.")
    Preset.objects.create(user=None, name="Off", model=MODEL, enabled=False)
    Preset.objects.create(user=bob, name="His", model=MODEL)
    told = api.get("/presets").json()["data"]
    assert [(one["name"], one["own"], one["instructions"]) for one in told] == [
        ("Mine", True, "Be brief."),
        ("Ours", False, None),
    ]
    assert told[0] | {"created_at": ""} == {
        "id": str(own.pk),
        "model_id": f"preset/{own.pk}",
        "name": "Mine",
        "model": MODEL,
        "own": True,
        "available": True,
        "temperature": 0.2,
        "output_tokens": None,
        "instructions": "Be brief.",
        "created_at": "",
    }
    assert [api.get(f"/presets/{one.pk}").json() for one in (own, common)] == told


@pytest.mark.parametrize("owner", ["bob", "nobody", "switched off"])
def test_other_presets_do_not_exist(api: Api, bob: User, owner: str) -> None:
    key = uuid4()
    if owner == "bob":
        Preset.objects.create(pk=key, user=bob, name="His", model=MODEL)
    if owner == "switched off":
        Preset.objects.create(pk=key, user=None, name="Off", model=MODEL, enabled=False)
    assert api.get(f"/presets/{key}").status_code == 404


def test_a_preset_is_made_changed_and_deleted(api: Api) -> None:
    body = {"name": " Brief", "model": MODEL, "instructions": "Be brief.", "temperature": 0.2}
    made = api.send("post", "/presets", body)
    assert (made.status_code, made.json()["name"], made.json()["temperature"]) == (201, "Brief", 0.2)
    path = f"/presets/{made.json()['id']}"
    seen = api.get(path)["ETag"]
    changed = api.send("patch", path, {"temperature": None, "output_tokens": 500}, If_Match=seen).json()
    kept = (changed["temperature"], changed["output_tokens"], changed["instructions"])
    assert kept == (None, 500, "Be brief.")
    late = api.send("patch", path, {"name": "Late"}, If_Match=seen)
    assert (late.status_code, late.json()["current"]["output_tokens"]) == (409, 500)
    assert api.send("delete", path).status_code == 204
    assert not Preset.objects.exists()


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"name": ""}, 400),
        ({"name": " "}, 400),
        ({"name": "x" * 61}, 400),
        ({"model": "openai/off-1"}, 404),
        ({"temperature": 2.1}, 400),
        ({"temperature": -1}, 400),
        ({"temperature": True}, 400),
        ({"output_tokens": 0}, 400),
        ({"output_tokens": 64_001}, 400),
        ({"output_tokens": 10**30}, 400),
        ({"instructions": "x" * 20_001}, 400),
        ({"user": None}, 400),
        ({"name": "Taken"}, 409),
    ],
)
def test_wrong_presets_are_neither_made_nor_changed(api: Api, alice: User, change: dict[str, Any], status: int) -> None:
    Preset.objects.create(user=alice, name="Taken", model=MODEL)
    own = Preset.objects.create(user=alice, name="Mine", model=MODEL)
    assert api.send("post", "/presets", {"name": "New", "model": MODEL, **change}).status_code == status
    assert api.send("patch", f"/presets/{own.pk}", change).status_code == status
    assert set(Preset.objects.values_list("name", "model", "output_tokens")) == {
        ("Taken", MODEL, None),
        ("Mine", MODEL, None),
    }


def test_there_is_an_end_to_presets(api: Api, alice: User) -> None:
    Preset.objects.bulk_create(Preset(user=alice, name=str(number), model=MODEL) for number in range(MAX_PRESETS))
    assert api.send("post", "/presets", {"name": "New", "model": MODEL}).status_code == 400
    assert Preset.objects.count() == MAX_PRESETS


@pytest.mark.parametrize("owner", ["bob", "nobody"])
def test_only_ones_own_presets_change(api: Api, bob: User, owner: str) -> None:
    other = Preset.objects.create(user=bob if owner == "bob" else None, name="Other", model=MODEL)
    path = f"/presets/{other.pk}"
    assert [api.send("patch", path, {"name": "Mine"}).status_code, api.send("delete", path).status_code] == [404, 404]
    assert Preset.objects.values_list("name").get() == ("Other",)
