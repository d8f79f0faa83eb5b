from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module

import pytest

from providers.port import ProviderConfig
from providers.registry import KINDS, make_provider, warm


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_label_and_an_adapter(kind: str) -> None:
    label, path = KINDS[kind]
    module, _, name = path.rpartition(".")
    assert label
    assert callable(getattr(import_module(module), name))


async def test_kind_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(KeyError):
        make_provider(ProviderConfig("x", "telepathy", "X", ""))


async def test_warming_loads_the_adapters() -> None:
    await warm(KINDS)
    assert {"providers.adapters.openai", "providers.adapters.anthropic"} <= sys.modules.keys()


def test_vendors_libraries_are_loaded_only_when_needed() -> None:
    code = (
        "import sys, django; django.setup(); import providers.gateway;"
        "print([name for name in ('openai', 'anthropic') if name in sys.modules])"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "chatproject.settings"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
