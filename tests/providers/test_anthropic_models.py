"""What Anthropic's list tells of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from providers.port import ModelInfo
from providers.registry import make_provider
from tests.providers.asking import config_for

if TYPE_CHECKING:
    from tests.fake_provider import FakeProvider


async def listed(fake: FakeProvider, **fields: Any) -> ModelInfo:
    fake.anthropic_models = [{"id": "claude-x", "display_name": "Claude X", **fields}]
    (model,) = await make_provider(config_for("anthropic", fake)).list_models()
    return model


async def test_sizes_and_abilities_are_taken_from_the_list(fake: FakeProvider) -> None:
    capabilities = {"image_input": {"supported": True}, "thinking": {"supported": False, "types": {}}}
    model = await listed(fake, max_input_tokens=1_000_000, max_tokens=64_000, capabilities=capabilities)
    assert model == ModelInfo("claude-x", "Claude X", 1_000_000, 64_000, has_vision=True, has_reasoning=False)


@pytest.mark.parametrize("capabilities", [None, {}, [], {"image_input": None}, {"thinking": {"supported": "yes"}}])
async def test_what_the_list_does_not_say_is_unknown(fake: FakeProvider, capabilities: Any) -> None:
    assert await listed(fake, capabilities=capabilities) == ModelInfo("claude-x", "Claude X")
