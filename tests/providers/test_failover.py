"""Second tries and stand-ins: who answers when the one that was asked cannot."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from chatproject.database import in_database
from providers.gateway import Gateway
from providers.models import LanguageModel
from providers.port import (
    BadCredentials,
    CallBegun,
    CallFailed,
    ContextTooLong,
    ModelNotFound,
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
    StreamInterrupted,
)
from providers.timeouts import Limits
from tests.fake_provider import Behaviour, answer_to
from tests.providers.asking import WIRES, Heard, config_for, hear, question

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.fake_provider import FakeProvider

pytestmark = pytest.mark.django_db(transaction=True)

ASKED, STAND_IN = "openai/gpt-5.5", "anthropic/fake-echo"


def set_fallback(model: str, fallback: str) -> None:
    rows = {f"{row.provider.slug}/{row.name}": row for row in LanguageModel.objects.select_related("provider")}
    rows[model].fallback = rows[fallback]
    rows[model].save()


@pytest.fixture
async def gateway(fake: FakeProvider) -> AsyncIterator[Gateway]:
    """Give a gateway in which Anthropic's model stands in for OpenAI's."""
    gateway = Gateway([config_for(wire, fake) for wire in WIRES], Limits(first_token=2.0, thinking=2.0))
    await gateway.refresh()
    await in_database(set_fallback, ASKED, STAND_IN)
    await gateway.reload()
    yield gateway
    await gateway.close()


def calls_in(heard: Heard) -> list[str]:
    """Name the calls that were begun, and the errors of those that gave way."""
    told = [event for event in heard.events if isinstance(event, CallBegun | CallFailed)]
    return [event.model if isinstance(event, CallBegun) else event.error.code for event in told]


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        (Behaviour(status=401), "bad_credentials"),
        (Behaviour(status=403), "bad_credentials"),
        (Behaviour(status=429, retry_after="60"), "provider_rate_limited"),
        (Behaviour(status=404), "model_not_found"),
        (Behaviour(cut=0), "stream_interrupted"),
        (Behaviour(hang=0), "provider_timeout"),
        (Behaviour(headers_delay=60), "provider_timeout"),
    ],
)
async def test_fallback_answers_for_a_model_that_cannot(
    gateway: Gateway, fake: FakeProvider, behaviour: Behaviour, code: str
) -> None:
    fake.script(behaviour)

    heard = await hear(gateway.stream(ASKED, question()))

    assert heard.text == answer_to("Hello?")
    assert calls_in(heard) == [ASKED, code, STAND_IN]
    assert [call.model for call in fake.calls] == ["gpt-5.5", "fake-echo"]


async def test_outage_is_tried_three_times_before_the_fallback(gateway: Gateway, fake: FakeProvider) -> None:
    fake.script(status=503, times=3)

    heard = await hear(gateway.stream(ASKED, question()))

    assert calls_in(heard) == [ASKED, *["provider_unavailable", ASKED] * 2, "provider_unavailable", STAND_IN]
    assert heard.text == answer_to("Hello?")


async def test_waiting_for_an_answer_does_not_use_up_the_patience(
    gateway: Gateway, fake: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("providers.failover.WAIT_BUDGET", 0.2)
    fake.script(hang=0)  # for longer than that

    assert (await hear(gateway.stream(ASKED, question()))).text == answer_to("Hello?")


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [(Behaviour(context_too_long=True), ContextTooLong), (Behaviour(status=400), ProviderError)],
)
async def test_fault_of_the_question_is_nobody_elses(
    gateway: Gateway, fake: FakeProvider, behaviour: Behaviour, error: type[ProviderError]
) -> None:
    fake.script(behaviour)

    with pytest.raises(error):
        await hear(gateway.stream(ASKED, question()))
    assert len(fake.calls) == 1


async def test_outage_is_not_called_too_long_because_the_fallback_is_smaller(
    gateway: Gateway, fake: FakeProvider
) -> None:
    fake.script(status=503, times=3)
    fake.script(context_too_long=True)
    heard = Heard()

    with pytest.raises(ProviderUnavailable):
        await hear(gateway.stream(ASKED, question()), heard)
    assert calls_in(heard)[-1] == STAND_IN


async def test_second_try_that_does_not_fit_says_so(gateway: Gateway, fake: FakeProvider) -> None:
    fake.script(status=503)
    fake.script(context_too_long=True)

    with pytest.raises(ContextTooLong):
        await hear(gateway.stream(ASKED, question()))


@pytest.mark.parametrize("behaviour", [Behaviour(chars=100, cut=50), Behaviour(reasoning=20, chars=100, hang=0)])
async def test_no_one_takes_over_once_something_was_said(
    fake: FakeProvider, gateway: Gateway, behaviour: Behaviour
) -> None:
    impatient = Gateway([config_for(wire, fake) for wire in WIRES], Limits(stall=1.0, thinking=1.0))
    fake.script(behaviour)
    heard = Heard()

    with pytest.raises((StreamInterrupted, ProviderTimeout)):
        await hear(impatient.stream(ASKED, question()), heard)
    assert calls_in(heard) == [ASKED]
    assert len(fake.calls) == 1
    await impatient.close()


async def test_fallbacks_in_a_circle_end(gateway: Gateway, fake: FakeProvider) -> None:
    await in_database(set_fallback, STAND_IN, ASKED)
    await gateway.reload()
    fake.default = Behaviour(status=404)
    heard = Heard()

    with pytest.raises(ModelNotFound):
        await hear(gateway.stream(ASKED, question()), heard)
    assert calls_in(heard) == [ASKED, "model_not_found", STAND_IN]


async def test_last_error_is_that_of_the_last_call(gateway: Gateway, fake: FakeProvider) -> None:
    fake.script(status=404)
    fake.script(status=401)

    with pytest.raises(BadCredentials):
        await hear(gateway.stream(ASKED, question()))


async def test_fallback_that_is_gone_is_as_if_there_was_none(gateway: Gateway, fake: FakeProvider) -> None:
    await in_database(lambda: LanguageModel.objects.filter(provider__slug="anthropic").update(enabled=False))
    await gateway.reload()
    fake.default = Behaviour(status=404)

    with pytest.raises(ModelNotFound):
        await hear(gateway.stream(ASKED, question()))


async def test_many_outages_at_once_end_soon(fake: FakeProvider) -> None:
    patient = Gateway([config_for("local", fake)])
    fake.default = Behaviour(status=503)

    ended = await asyncio.gather(
        *(hear(patient.stream("local/fake-echo", question())) for _ in range(30)), return_exceptions=True
    )

    await patient.close()
    assert {type(error) for error in ended} == {ProviderUnavailable}
    assert len(fake.calls) == 90


async def test_request_is_fitted_to_each_model(gateway: Gateway, fake: FakeProvider) -> None:
    fake.script(status=404)

    await hear(gateway.stream(ASKED, question(temperature=None)))

    first, second = (call.body for call in fake.calls)
    assert "temperature" not in first  # gpt-5.5 takes none
    assert second["temperature"] == pytest.approx(0.7)
    assert second["model"] == "fake-echo"
