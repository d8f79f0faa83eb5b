from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from providers.gateway import Gateway
from providers.port import ProviderConfig, ProviderTimeout, ProviderUnavailable, ToolCall
from providers.registry import make_provider
from providers.timeouts import Limits, limited
from tests.fake_provider import filler
from tests.providers.asking import KEY, Heard, ask, config_for, hear, question

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from providers.port import GatewayEvent, Provider
    from tests.fake_provider import FakeProvider


pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]


def asked(fake: FakeProvider, wire: str, **limits: Any) -> AsyncGenerator[GatewayEvent, None]:
    gateway = Gateway([config_for(wire, fake)], Limits(**limits))
    return gateway.stream(f"{wire}/fake-echo", question())


@pytest.mark.parametrize(
    "silence",
    [{"headers_delay": 60}, {"hang": 0}, {"first_delay": 60}, {"pings": True, "delay": 0.01}],
    ids=str,
)
async def test_silence_before_the_first_token_ends(fake: FakeProvider, wire: str, silence: dict[str, Any]) -> None:
    fake.script(**silence)

    with pytest.raises(ProviderTimeout, match="has not begun to answer"):
        await hear(asked(fake, wire, first_token=2.0))

    await fake.calls[0].wait_ended()
    assert fake.calls[0].state == "client_closed"


async def test_model_that_thinks_unseen_is_given_time_once_it_took_the_question(
    provider: Provider, fake: FakeProvider
) -> None:
    limits = Limits(first_token=2.0, stall=0.5, thinking=30)
    fake.script(first_delay=3.0, text="So.")
    fake.script(headers_delay=60)

    heard = await hear(limited(provider.stream(question()), limits, "It", thinks=True))
    with pytest.raises(ProviderTimeout, match="has not begun to answer"):
        await hear(limited(provider.stream(question()), limits, "It", thinks=True))

    assert heard.text == "So."


@pytest.mark.parametrize("silence", [{}, {"pings": True, "delay": 0.01}], ids=["silence", "pings"])
async def test_stall_in_the_middle_keeps_what_came(fake: FakeProvider, wire: str, silence: dict[str, Any]) -> None:
    fake.script(chars=100, hang=50, **silence)
    heard = Heard()

    with pytest.raises(ProviderTimeout, match="stopped in the middle"):
        await hear(asked(fake, wire, stall=0.5), heard)

    assert heard.text == filler(50)
    await fake.calls[0].wait_ended()


async def test_slow_answer_is_no_stall(fake: FakeProvider, wire: str) -> None:
    fake.script(chars=100, chunk=10, delay=0.3)

    heard = await hear(asked(fake, wire, stall=2))

    assert heard.text == filler(100)


async def test_call_of_a_tool_that_takes_its_time_is_no_stall(fake: FakeProvider, wire: str) -> None:
    """A tool that writes a file is called with all of it; nothing of that is shown before it is whole."""
    if wire == "anthropic":
        delta = b'{"type":"content_block_delta","index":%d,"delta":%b}'
        said = delta % (0, b'{"type":"text_delta","text":"So."}')
        start = b'{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"a","name":"b"}}'
        part = delta % (1, b'{"type":"input_json_delta","partial_json":" "}')
        end = [b'{"type":"content_block_stop","index":1}']
        end += [b'{"type":"message_delta","delta":{"stop_reason":"tool_use"}}', b'{"type":"message_stop"}']
    else:
        said = b'{"choices":[{"delta":{"content":"So."}}]}'
        call = b'{"choices":[{"delta":{"tool_calls":[{"index":0,%b}]}}]}'
        start, part = call % b'"id":"a","function":{"name":"b"}', call % b'"function":{"arguments":" "}'
        end = [b'{"choices":[{"delta":{},"finish_reason":"tool_calls"}]}', b"[DONE]"]
    slowly = [piece for _ in range(10) for piece in (b"data: %b\n\n" % part, 0.3)]
    before, after = ([b"data: %b\n\n" % one for one in told] for told in ([said, start], end))
    fake.script(raw=(*before, *slowly, *after))

    heard = await hear(asked(fake, wire, stall=2))

    assert [event for event in heard.events if isinstance(event, ToolCall)] == [ToolCall("a", "b", " " * 10)]


async def test_answer_without_end_is_ended_by_time(fake: FakeProvider, wire: str) -> None:
    fake.script(endless=True, delay=0.01)

    with pytest.raises(ProviderTimeout, match="took too long"):
        await hear(asked(fake, wire, whole=0.5))

    await fake.calls[0].wait_ended()


async def test_answer_without_end_is_cut_by_length(fake: FakeProvider, wire: str) -> None:
    fake.script(endless=True)

    heard = await hear(asked(fake, wire, characters=5000))

    assert heard.finishes == ["length"]
    assert len(heard.text) == 5000
    await fake.calls[0].wait_ended()
    assert fake.calls[0].state == "client_closed"


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """Give a port whose queue is full, so that nobody gets through and nobody is refused."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = []
        for _ in range(4):
            client = socket.socket()
            client.settimeout(0)
            client.connect_ex(listener.getsockname())
            waiting.append(client)
        yield listener.getsockname()[1]
        for client in waiting:
            client.close()


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
async def test_host_that_does_not_answer_is_unreachable(fake: FakeProvider, deaf_port: int, kind: str) -> None:
    config = ProviderConfig(kind, kind, "Deaf", f"http://127.0.0.1:{deaf_port}/v1", (KEY,))

    with pytest.raises(ProviderUnavailable, match="cannot be reached"):
        await ask(make_provider(config, Limits(connect=0.2)))
