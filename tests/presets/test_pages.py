"""The settings' section about presets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from conversations.models import Preset
from conversations.presets import MAX_INSTRUCTIONS, MAX_PRESETS

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("offered")]

LIST = "/settings/presets/"
NEW = "/settings/presets/new/"
FIELDS = {"name": "Brief", "model": "openai/plain", "instructions": "Be brief.", "temperature": "", "output_tokens": ""}


@pytest.fixture(autouse=True)
def signed_in(client: Client, alice: User) -> None:
    client.force_login(alice)


def make(client: Client, **fields: Any) -> Any:
    return client.post(NEW, {**FIELDS, **fields}, follow=True)


def address(preset: Preset, name: str = "preset") -> str:
    return reverse(f"conversations:{name}", args=[preset.pk])


def test_empty_list_says_what_presets_are_for(client: Client) -> None:
    page = client.get(LIST).content.decode()
    assert "You have no presets yet." in page
    assert f'href="{LIST}" aria-current="page"' in page


def test_preset_is_made_changed_and_deleted(client: Client, alice: User) -> None:
    page = make(client, temperature="0.2", output_tokens="500").content.decode()
    assert "The preset Brief is saved." in page
    assert "Plain · temperature 0.2" in page
    preset = Preset.objects.get()
    assert (preset.user, preset.model, preset.instructions) == (alice, "openai/plain", "Be brief.")
    assert (preset.temperature, preset.output_tokens, preset.enabled) == (0.2, 500, True)

    client.post(address(preset), {**FIELDS, "name": "Briefer", "model": "openai/thinker"})
    preset.refresh_from_db()
    assert (preset.name, preset.model, preset.temperature) == ("Briefer", "openai/thinker", None)

    assert "go for good" in client.get(address(preset, "delete_preset")).content.decode()
    page = client.post(address(preset, "delete_preset"), follow=True).content.decode()
    assert "The preset Briefer is deleted." in page
    assert not Preset.objects.exists()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": " "}, "This field is required."),
        ({"name": "n" * 61}, "at most 60 characters"),
        ({"model": "openai/gone"}, "Select a valid choice."),
        ({"model": ""}, "This field is required."),
        ({"instructions": "x" * (MAX_INSTRUCTIONS + 1)}, "at most 20000 characters"),
        ({"instructions": "a\x00b"}, "Null characters are not allowed."),
        ({"temperature": "-0.1"}, "Write the temperature as a number from 0 to 2, such as 0.7."),
        ({"temperature": "2.1"}, "Write the temperature as a number from 0 to 2, such as 0.7."),
        ({"temperature": "NaN"}, "Write the temperature as a number from 0 to 2, such as 0.7."),
        ({"temperature": "inf"}, "Write the temperature as a number from 0 to 2, such as 0.7."),
        ({"temperature": "0,7"}, "Write the temperature as a number from 0 to 2, such as 0.7."),
        ({"model": "openai/thinker", "temperature": "1"}, "Thinker takes no temperature. Leave this empty."),
        ({"output_tokens": "0"}, "Write the output limit as a whole number of tokens, such as 2000."),
        ({"output_tokens": "many"}, "Write the output limit as a whole number of tokens, such as 2000."),
        ({"output_tokens": "4097"}, "Plain writes at most 4,096 tokens."),
        ({"output_tokens": "9" * 30}, "Plain writes at most 4,096 tokens."),
    ],
)
def test_what_is_wrong_is_said_and_changes_nothing(client: Client, fields: dict[str, str], sentence: str) -> None:
    page = make(client, **fields).content.decode()
    assert sentence in page
    assert not Preset.objects.exists()


def test_name_is_taken_once_by_a_person(client: Client, alice: User, bob: User) -> None:
    for user in (bob, None):
        Preset.objects.create(user=user, name="Brief", model="openai/plain")
    make(client)
    assert "There is a preset with this name already." in make(client).content.decode()
    own = Preset.objects.get(user=alice)
    assert client.post(address(own), {**FIELDS, "instructions": "Other"}).status_code == 302


def test_presets_have_an_end(client: Client, alice: User) -> None:
    Preset.objects.bulk_create(Preset(user=alice, name=f"{n}", model="openai/plain") for n in range(MAX_PRESETS))
    assert "You have 100 presets, which is the most." in make(client).content.decode()
    one = Preset.objects.get(name="1")
    client.post(address(one), FIELDS)
    one.refresh_from_db()
    assert one.name == "Brief"


def test_person_cannot_give_a_preset_to_everybody_or_somebody(client: Client, alice: User, bob: User) -> None:
    make(client, user=str(bob.pk), enabled="", id="1")
    preset = Preset.objects.get()
    assert (preset.user, preset.enabled) == (alice, True)


def test_preset_whose_model_is_gone_can_still_be_changed(client: Client, alice: User) -> None:
    preset = Preset.objects.create(user=alice, name="Old", model="openai/gone")
    assert "This model cannot be asked at the moment." in client.get(LIST).content.decode()
    assert "Not listed" in client.get(address(preset)).content.decode()
    client.post(address(preset), {**FIELDS, "model": "openai/gone"})
    preset.refresh_from_db()
    assert (preset.name, preset.model) == ("Brief", "openai/gone")


def test_words_of_a_preset_are_never_markup(client: Client, alice: User) -> None:
    hostile = "<script>alert(1)</script>"
    Preset.objects.create(user=alice, name=hostile, model="openai/plain", instructions=hostile)
    for page in (LIST, address(Preset.objects.get()), "/c/"):
        assert "<script>alert(1)" not in client.get(page).content.decode()


def test_models_page_says_what_there_is_and_costs(client: Client) -> None:
    page = client.get("/settings/models/").content.decode()
    assert page.index("Plain") < page.index("Thinker")
    for words in ("OpenAI", "thinks first", "4,096", "price unknown", "Default"):
        assert words in page, words
