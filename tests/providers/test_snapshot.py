"""Models are read again when something changed, and only then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from chatproject.database import in_database
from providers.catalogue import read_mark
from providers.gateway import Gateway
from providers.models import LanguageModel, Price, Provider
from tests.providers.asking import config_for
from tests.providers.rows import make_model, make_price, make_provider

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fake_provider import FakeProvider


def by_save(model: LanguageModel) -> None:
    model.save()


def by_saved_field(model: LanguageModel) -> None:
    model.enabled = False
    model.save(update_fields=["enabled"])


def by_update(model: LanguageModel) -> None:
    LanguageModel.objects.filter(pk=model.pk).update(enabled=False)


def by_bulk_update(model: LanguageModel) -> None:
    model.label = "Other"
    LanguageModel.objects.bulk_update([model], ["label"])


def by_bulk_create(model: LanguageModel) -> None:
    LanguageModel.objects.bulk_create([LanguageModel(provider=model.provider, name="new", label="New")])


def by_exchange(model: LanguageModel) -> None:
    make_model(model.provider, "another")
    model.delete()


def by_price(model: LanguageModel) -> None:
    model.prices.update(input=7)


def by_price_that_goes(model: LanguageModel) -> None:
    Price.objects.filter(model=model).delete()


def by_list(model: LanguageModel) -> None:
    Provider.objects.filter(pk=model.provider_id).update(listed_at=timezone.now())


def by_failed_list(model: LanguageModel) -> None:
    Provider.objects.filter(pk=model.provider_id).update(listing_error="It is away.")


CHANGES = [
    by_save,
    by_saved_field,
    by_update,
    by_bulk_update,
    by_bulk_create,
    by_exchange,
    by_price,
    by_price_that_goes,
    by_list,
    by_failed_list,
]


@pytest.mark.django_db
@pytest.mark.parametrize("change", CHANGES)
def test_every_way_to_change_the_catalogue_is_noticed(change: Callable[[LanguageModel], None]) -> None:
    model = make_model(make_provider(), "one")
    make_price(model, 1, 2)
    before = read_mark([])
    assert read_mark([]) == before

    change(model)

    assert read_mark([]) != before


@pytest.mark.django_db(transaction=True)
async def test_models_are_read_when_they_changed_and_only_then(
    fake: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = Gateway([config_for("openai", fake)])
    await gateway.refresh()
    read: list[str] = []
    execute = CursorWrapper.execute

    def spy(cursor: CursorWrapper, statement: Any, parameters: Any = None) -> Any:
        read.extend(["models"] * ("instructions" in str(statement)))
        return execute(cursor, statement, parameters)

    monkeypatch.setattr(CursorWrapper, "execute", spy)
    await gateway.reload()
    await gateway.reload()
    assert read == []

    await in_database(lambda: LanguageModel.objects.filter(name="fake-echo").update(label="Echo of today"))
    await gateway.reload()

    assert read == ["models"]
    assert gateway.find_model("openai/fake-echo").label == "Echo of today"
    await gateway.close()
