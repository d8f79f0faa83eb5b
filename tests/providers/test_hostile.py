"""What a provider sends that means harm, or is broken beyond recognition: it costs neither memory nor composure."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from providers import http
from providers.port import (
    BadCredentials,
    ProviderConfig,
    ProviderError,
    ProviderUnavailable,
    RequestRefused,
    StreamInterrupted,
)
from providers.registry import make_provider
from providers.timeouts import Limits, limited
from tests.providers.asking import KEY, ask, hear, question

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from providers.port import Provider

pytestmark = pytest.mark.parametrize("kind", ["openai", "anthropic"])


class Server:
    """Answers every request with one head, and a body that may go on as long as somebody reads."""

    def __init__(self, head: str, piece: bytes, *, times: int, first: bytes) -> None:
        self._head, self._piece, self._times, self._first = head, piece, times, first
        self.sent = 0
        self.root_url = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(f"HTTP/1.1 {self._head}\r\nConnection: close\r\n\r\n".encode() + self._first)
            for _ in range(self._times):
                writer.write(self._piece)
                await writer.drain()
                self.sent += len(self._piece)
        except ConnectionError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def serving(head: str, piece: bytes, *, times: int = 1, first: bytes = b"") -> AsyncIterator[Server]:
    told = Server(head, piece, times=times, first=first)
    async with await asyncio.start_server(told.answer, "127.0.0.1", 0) as server:
        told.root_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield told
        await http.close_client()


def asked_of(server: Server, kind: str) -> Provider:
    url = server.root_url + ("/v1" if kind == "openai" else "")
    return make_provider(ProviderConfig(kind, kind, "Mine", url, (KEY,)))


ENDLESS = 400
MEGABYTE = b"a" * 1_000_000
BUFFERED = 16_000_000
"""More than the system's buffers of one connection hold."""


@pytest.mark.parametrize(
    ("status", "error"), [("500 X", ProviderUnavailable), ("401 X", BadCredentials), ("307 X", ProviderUnavailable)]
)
async def test_errors_without_end_are_read_at_their_beginning(
    kind: str, status: str, error: type[ProviderError]
) -> None:
    async with serving(status, MEGABYTE, times=ENDLESS) as server:
        with pytest.raises(ProviderError) as caught:
            await ask(asked_of(server, kind))

        assert type(caught.value) is error
        assert server.sent < BUFFERED


async def test_lists_without_end_are_given_up(kind: str) -> None:
    async with serving("200 X", MEGABYTE, times=ENDLESS) as server:
        with pytest.raises(ProviderUnavailable):
            await asked_of(server, kind).list_models()

        assert server.sent < http.MOST_BYTES_OF_LIST + BUFFERED


@pytest.mark.parametrize("field", ["Content-Encoding: gzip", "Content-Type: text/plain; charset=zip"])
async def test_errors_are_read_as_they_come(kind: str, field: str) -> None:
    async with serving(f"400 X\r\n{field}", b"\x1f\x8b no archive") as server:
        with pytest.raises(RequestRefused):
            await ask(asked_of(server, kind))


NESTED = b'{"error":' + b"[" * 980 + b"]" * 980 + b"}"


@pytest.mark.parametrize("head", ["400 X", "200 X\r\nContent-Type: text/event-stream"])
async def test_errors_nested_without_reason_are_errors(kind: str, head: str) -> None:
    body = NESTED if head == "400 X" else b"data: " + NESTED.replace(b'{"', b'{"type":"error","') + b"\n\n"
    async with serving(head, body) as server:
        with pytest.raises(ProviderError):
            await ask(asked_of(server, kind))


@pytest.mark.parametrize(
    ("told", "is_logged"),
    [("req_0123abcd-9", True), (KEY, False), (KEY[4:14].upper(), False), (f"x-{KEY[-8:]}", False), ("a b; c", False)],
)
@pytest.mark.parametrize("name", ["X-Request-Id", "Request-Id"])
async def test_request_is_named_in_the_log_unless_it_tells_a_key(
    kind: str, name: str, told: str, *, is_logged: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(f"400 X\r\n{name}: {told}", b"{}") as server:
        with pytest.raises(RequestRefused):
            await ask(asked_of(server, kind))

    assert (told in caplog.text) == is_logged


STREAM = "200 X\r\nContent-Type: text/event-stream"
LONG = "a" * 100_000


def event(document: object) -> bytes:
    return b"data: %b\n\n" % json.dumps(document).encode()


def call(arguments: object, **place: object) -> bytes:
    function = {"name": "search", "arguments": arguments}
    return event({"choices": [{"delta": {"tool_calls": [{"id": "c", "function": function, **place}]}}]})


def block(**begun: object) -> bytes:
    return event({"type": "content_block_start", "index": 0, "content_block": begun})


def delta(**told: object) -> bytes:
    return event({"type": "content_block_delta", "index": 0, "delta": told})


def nested(depth: int) -> dict[str, object]:
    inner: dict[str, object] = {}
    for _ in range(depth):
        inner = {"a": inner}
    return inner


STOP = event({"type": "content_block_stop", "index": 0})
WITHOUT_END: dict[str, dict[str, tuple[bytes, bytes]]] = {
    "openai": {
        "arguments": (b"", call(LONG, index=0)),
        "objects": (b"", call({"a": LONG}, index=0)),
        "calls": (b"", call("{}") * 100),
        "nesting": (b"", call(nested(300))),
    },
    "anthropic": {
        "arguments": (block(type="tool_use"), delta(type="input_json_delta", partial_json=LONG)),
        "signature": (block(type="thinking"), delta(type="signature_delta", signature=LONG)),
        "calls": (b"", (block(type="tool_use", id="c", name="search", input={}) + STOP) * 100),
        "blocks": (b"", block(type="redacted_thinking", data=LONG)),
        "nesting": (b"", block(type="tool_use", input=nested(300)) + STOP),
    },
}


async def test_what_is_kept_of_an_answer_has_an_end(kind: str) -> None:
    for what, (first, piece) in WITHOUT_END[kind].items():
        async with serving(STREAM, piece, times=2_000, first=first) as server:
            with pytest.raises(StreamInterrupted, match="could not be read"):
                await ask(asked_of(server, kind))

            assert server.sent < BUFFERED, what


async def test_odd_places_are_survived(kind: str) -> None:
    deep: list[object] = []
    for _ in range(900):
        deep = [deep]
    odd = call("{}", index=deep) if kind == "openai" else event({"type": "content_block_start", "index": deep})
    end = {
        "openai": event({"choices": [{"delta": {"content": "So."}, "finish_reason": "length"}]}) + b"data: [DONE]\n\n",
        "anthropic": delta(type="text_delta", text="So.") + event({"type": "message_stop"}),
    }
    async with serving(STREAM, odd + end[kind]) as server:
        assert (await ask(asked_of(server, kind))).text == "So."


ODD_LISTS = [
    b'{"data":[null,7,[],{},{"id":5},{"id":null},{"id":""},{"id":{"a":1}}]}',
    b'{"data":[{"id":"gpt-5","created":"soon"},{"id":"gpt-5.5","created":[1]},{"id":"gpt-6","created":1e308}]}',
    b'{"data":[{"id":"a","display_name":{"b":1},"max_input_tokens":"many","max_tokens":[],"lifecycle":{},"meta":7}]}',
    b'{"data":[{"id":"a","capabilities":{"thinking":[]},"max_model_len":true,"context_length":99999999999999999999}]}',
    b'{"data":null}',
]


@pytest.mark.parametrize("told", ODD_LISTS)
async def test_odd_entries_of_a_list_do_not_matter(kind: str, told: bytes) -> None:
    async with serving("200 X", told) as server:
        models = await asked_of(server, kind).list_models()

    assert all(type(one.name) is type(one.label) is str and one.name and one.label for one in models)
    assert {(one.context_window, one.largest_output) for one in models} <= {(None, None)}
    assert len(models) == told.count(b'"id":"') - told.count(b'"id":""')


@pytest.mark.parametrize("told", [b"[]", b"{}", b'{"data":7}', b'{"data":{"id":"a"}}', b"[" * 5_000, b"\xff", b""])
async def test_what_is_no_list_is_a_wrong_address(kind: str, told: bytes) -> None:
    async with serving("200 X", told) as server:
        with pytest.raises(ProviderUnavailable, match="operator"):
            await asked_of(server, kind).list_models()


async def test_signed_blocks_and_calls_count_as_characters(kind: str) -> None:
    many, few = ("a" * 60), ("a" * 30)
    if kind == "openai":
        told = call(many, index=0) + event({"choices": [{"delta": {}, "finish_reason": "tool_calls"}]})
    else:
        thought = block(type="thinking") + delta(type="thinking_delta", thinking=few)
        told = thought + delta(type="signature_delta", signature=few) + STOP + event({"type": "message_stop"})
    for characters, finish in ((50, "length"), (200, "tool_calls" if kind == "openai" else "stop")):
        async with serving(STREAM, told) as server:
            events = asked_of(server, kind).stream(question())
            assert (await hear(limited(events, Limits(characters=characters), "Mine"))).finishes == [finish]
