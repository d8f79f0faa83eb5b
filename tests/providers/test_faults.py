"""Every fault gets its error, and a sentence without a key or the vendor's words."""

from __future__ import annotations

import logging
import time
import traceback
from dataclasses import replace
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import pytest

from providers.port import (
    AccessDenied,
    BadCredentials,
    ContextTooLong,
    ModelNotFound,
    ProviderConfig,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    RequestRefused,
    StreamInterrupted,
)
from providers.registry import make_provider
from tests.fake_provider import FakeProvider, filler
from tests.providers.asking import KEY, Heard, ask, config_for

if TYPE_CHECKING:
    from providers.port import Provider

SECRET_WORDS = f"Incorrect key {KEY}; you asked: Hello?"

STATUSES: list[tuple[dict[str, Any], type[ProviderError]]] = [
    ({"status": 401}, BadCredentials),
    ({"status": 403}, AccessDenied),
    ({"status": 403, "error_code": "model_not_found"}, ModelNotFound),
    ({"status": 403, "error_code": "content_policy_violation"}, RequestRefused),
    ({"status": 403, "message": "Your request was blocked by the content filter."}, RequestRefused),
    ({"status": 401, "error_code": "invalid_api_key", "message": "For your safety, the key is off."}, BadCredentials),
    ({"status": 402}, BadCredentials),
    ({"status": 429, "error_type": "insufficient_quota"}, BadCredentials),
    ({"status": 404}, ModelNotFound),
    ({"status": 404, "html": True}, ProviderUnavailable),
    ({"status": 405, "not_json": True}, ProviderUnavailable),
    ({"context_too_long": True}, ContextTooLong),
    ({"status": 413}, ContextTooLong),
    ({"status": 400}, RequestRefused),
    ({"status": 400, "error_code": "content_policy_violation", "error_type": "content_filter"}, RequestRefused),
    ({"status": 422, "not_json": True}, RequestRefused),
    ({"status": 429}, RateLimited),
    ({"status": 408}, ProviderUnavailable),
    ({"status": 409}, ProviderUnavailable),
    ({"status": 500}, ProviderUnavailable),
    ({"status": 502, "html": True}, ProviderUnavailable),
    ({"status": 503, "not_json": True}, ProviderUnavailable),
    ({"status": 529}, ProviderUnavailable),
    ({"html": True}, ProviderUnavailable),
]


@pytest.mark.parametrize(("behaviour", "kind"), STATUSES, ids=str)
async def test_refusals_are_translated(
    provider: Provider,
    fake: FakeProvider,
    behaviour: dict[str, Any],
    kind: type[ProviderError],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    fake.script(**{"message": SECRET_WORDS, **behaviour})

    with pytest.raises(ProviderError) as caught:
        await ask(provider)

    assert type(caught.value) is kind
    assert_fit_for_people(caught.value)
    assert KEY not in caplog.text
    assert "Hello?" not in caplog.text
    assert len(fake.calls) == 1, "nobody asks again behind our back"


BREAKS: list[tuple[dict[str, Any], type[ProviderError]]] = [
    ({"cut": 100}, StreamInterrupted),
    ({"cut": 0}, StreamInterrupted),
    ({"drop": 100}, StreamInterrupted),
    ({"reset": 100}, StreamInterrupted),
    ({"error_at": 100, "error_type": "overloaded_error"}, ProviderUnavailable),
    ({"error_at": 100, "error_type": "server_error"}, ProviderUnavailable),
    ({"error_at": 100, "error_type": "rate_limit_error"}, RateLimited),
    ({"error_at": 100, "error_type": "authentication_error"}, BadCredentials),
    ({"error_at": 100, "error_type": "invalid_request_error"}, RequestRefused),
    ({"error_at": 100, "error_type": "never heard of"}, StreamInterrupted),
    ({"error_at": 0, "error_type": "overloaded_error"}, ProviderUnavailable),
    ({"error_at": 100, "error_type": "BadGateway", "error_code": "502"}, ProviderUnavailable),
    ({"error_at": 100, "error_type": "odd", "error_code": "²"}, StreamInterrupted),
    ({"error_at": 100, "error_type": "odd", "error_code": "5" * 5_000}, StreamInterrupted),
]


@pytest.mark.parametrize(("behaviour", "kind"), BREAKS, ids=str)
async def test_broken_streams_keep_what_came(
    provider: Provider, fake: FakeProvider, behaviour: dict[str, Any], kind: type[ProviderError]
) -> None:
    fake.script(chars=400, message=SECRET_WORDS, **behaviour)
    heard = Heard()

    with pytest.raises(ProviderError) as caught:
        await ask(provider, heard=heard)

    assert type(caught.value) is kind
    assert_fit_for_people(caught.value)
    assert heard.text == filler(next(iter(behaviour.values())))
    assert heard.finishes == []


@pytest.mark.parametrize("behaviour", [{"bad_json": 3}, {"long_line": 1_100_000}], ids=str)
async def test_unreadable_streams_are_given_up(
    provider: Provider, fake: FakeProvider, behaviour: dict[str, Any]
) -> None:
    fake.script(chars=400, **behaviour)
    heard = Heard()

    with pytest.raises(StreamInterrupted, match="could not be read"):
        await ask(provider, heard=heard)

    assert heard.text == filler(12)
    await fake.calls[0].wait_ended()


@pytest.mark.parametrize("reason", ["error", "abort", "insufficient_system_resource"])
async def test_finish_reasons_that_confess_a_failure_are_failures(fake: FakeProvider, reason: str) -> None:
    fake.script(finish=reason)

    with pytest.raises(StreamInterrupted):
        await ask(make_provider(config_for("local", fake)))


async def test_connection_lost_after_the_end_does_not_matter(provider: Provider, fake: FakeProvider, wire: str) -> None:
    if wire == "anthropic":
        last = b'data: {"type":"message_delta","delta":{"stop_reason":"end_turn"}}\n\n'
    else:
        last = b'data: {"choices":[{"delta":{"content":"Done."},"finish_reason":"stop"}]}\n\n'
    fake.script(raw=(last,), drop=0)

    assert (await ask(provider)).finishes == ["stop"]


@pytest.mark.parametrize(
    ("header", "seconds", "words"),
    [
        ("2", 2, "in 2 seconds"),
        ("0", 0, "in a moment"),
        ("3600", 3600, "in 60 minutes"),
        ("86400", 86400, "in 24 hours"),
        ("inf", 86400, "in 24 hours"),
        ("soon", None, "in a moment"),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None, "in a moment"),
        ("nan", 0, "in a moment"),
    ],
)
async def test_retry_after_is_read(
    provider: Provider, fake: FakeProvider, header: str, seconds: float | None, words: str
) -> None:
    fake.script(status=429, retry_after=header)

    with pytest.raises(RateLimited) as caught:
        await ask(provider)

    assert caught.value.retry_after == seconds
    assert words in caught.value.message


async def test_retry_after_may_be_a_date(provider: Provider, fake: FakeProvider) -> None:
    fake.script(status=429, retry_after=formatdate(time.time() + 100, usegmt=True))

    with pytest.raises(RateLimited) as caught:
        await ask(provider)

    assert caught.value.retry_after == pytest.approx(100, abs=5)


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
async def test_closed_port_is_unreachable(fake: FakeProvider, wire: str) -> None:
    async with FakeProvider() as gone:
        config = config_for(wire, gone)
    provider = make_provider(config)

    with pytest.raises(ProviderUnavailable, match="cannot be reached") as caught:
        await ask(provider)
    assert_fit_for_people(caught.value)
    with pytest.raises(ProviderUnavailable, match="cannot be reached"):
        await provider.list_models()


async def test_host_without_tls_is_unreachable(fake: FakeProvider, wire: str) -> None:
    config = config_for(wire, fake)
    secured = replace(config, base_url=config.base_url.replace("http://", "https://"))

    with pytest.raises(ProviderUnavailable, match="cannot be reached"):
        await ask(make_provider(secured))
    assert fake.requests == []


async def test_unknown_host_is_unreachable(fake: FakeProvider) -> None:
    config = ProviderConfig("openai", "openai", "OpenAI", "http://no-such-host.invalid/v1", (KEY,))

    with pytest.raises(ProviderUnavailable, match="cannot be reached"):
        await ask(make_provider(config))


@pytest.mark.parametrize(
    ("behaviour", "kind"),
    [
        ({"status": 401}, BadCredentials),
        ({"status": 500}, ProviderUnavailable),
        ({"status": 404, "not_json": True}, ProviderUnavailable),
        ({"html": True}, ProviderUnavailable),
        ({"not_json": True}, ProviderUnavailable),
    ],
    ids=str,
)
async def test_lists_that_fail_say_why(
    provider: Provider, fake: FakeProvider, behaviour: dict[str, Any], kind: type[ProviderError]
) -> None:
    fake.set_models(**behaviour)

    with pytest.raises(ProviderError) as caught:
        await provider.list_models()

    assert type(caught.value) is kind
    assert_fit_for_people(caught.value)


@pytest.mark.parametrize("behaviour", [{"status": 404}, {"status": 404, "html": True}, {"status": 405}], ids=str)
async def test_address_without_a_list_is_told(
    provider: Provider, fake: FakeProvider, behaviour: dict[str, Any]
) -> None:
    fake.set_models(**behaviour)

    with pytest.raises(ProviderUnavailable, match=r"no list of models at this address.*/v1"):
        await provider.list_models()


def assert_fit_for_people(error: ProviderError) -> None:
    assert KEY not in error.message
    assert "Hello?" not in error.message
    assert "127.0.0.1" not in error.message
    assert error.message.endswith((".", "?"))
    assert "{" not in error.message
    trace = "".join(traceback.format_exception(error))
    assert KEY not in trace, "a trace must not carry the vendor's words either"
    assert SECRET_WORDS not in trace
