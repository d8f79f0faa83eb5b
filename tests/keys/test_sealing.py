from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from providers.keys.sealing import SealBroken, fingerprint, is_sealed_with_newest, rotate, seal, unseal

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

SECRET = "sk-0123456789"
HERE = "https://api.example.org/v1"


def test_secret_comes_back_to_its_row_and_address() -> None:
    sealed = seal(SECRET, row=7, address=HERE)
    assert SECRET not in sealed
    assert unseal(sealed, row=7, address=HERE) == SECRET


@pytest.mark.parametrize(("row", "address"), [(8, HERE), (7, "https://api.example.org/v2"), (7, "http://evil.example")])
def test_secret_is_not_released_elsewhere(row: int, address: str) -> None:
    sealed = seal(SECRET, row=7, address=HERE)
    with pytest.raises(SealBroken):
        unseal(sealed, row=row, address=address)


def test_address_and_secret_cannot_run_into_each_other() -> None:
    sealed = seal("8443/v1:sk", row=7, address="https://host")
    with pytest.raises(SealBroken):
        unseal(sealed, row=7, address="https://host:8443/v1")


@pytest.mark.parametrize("ciphertext", ["", "nonsense", "gAAAAAB"])
def test_nonsense_is_not_opened(ciphertext: str) -> None:
    with pytest.raises(SealBroken):
        unseal(ciphertext, row=7, address=HERE)
    with pytest.raises(SealBroken):
        rotate(ciphertext)


def test_rotated_secret_needs_only_the_new_field_key(settings: Settings, field_keys: list[str]) -> None:
    old = seal(SECRET, row=7, address=HERE)
    settings.FIELD_ENCRYPTION_KEYS = field_keys
    assert not is_sealed_with_newest(old)
    new = rotate(old)
    assert is_sealed_with_newest(new)
    settings.FIELD_ENCRYPTION_KEYS = field_keys[:1]
    assert unseal(new, row=7, address=HERE) == SECRET
    with pytest.raises(SealBroken):
        unseal(old, row=7, address=HERE)


def test_fingerprint_depends_on_the_sites_key(settings: Settings) -> None:
    before = fingerprint(SECRET)
    assert before == fingerprint(SECRET) != fingerprint(SECRET + "x")
    settings.SECRET_KEY = "another " * 8
    assert fingerprint(SECRET) != before
