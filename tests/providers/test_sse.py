from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.sse import DONE, MAX_EVENT_BYTES, Event, EventParser, UnreadableStreamError


def parse(*chunks: bytes) -> list[Event]:
    parser = EventParser()
    found = [event for chunk in chunks for event in parser.feed(chunk)]
    return [*found, *parser.close()]


@pytest.mark.parametrize(
    ("body", "events"),
    [
        (b'data: {"a":1}\n\n', [Event("", {"a": 1})]),
        (b'data:{"a":1}\n\n', [Event("", {"a": 1})]),
        (b'data:  {"a":1}\n\n', [Event("", {"a": 1})]),
        (b'event: ping\ndata: {"a":1}\n\n', [Event("ping", {"a": 1})]),
        (b'event:ping\r\ndata: {"a":1}\r\n\r\n', [Event("ping", {"a": 1})]),
        (b'data: {"a":\ndata: 1}\n\n', [Event("", {"a": 1})]),
        (b": comment\n\n: another\n\n", []),
        (b'id: 7\nretry: 100\ndata: {"a":1}\n\n', [Event("", {"a": 1})]),
        (b"data: [DONE]\n\n", [Event(DONE, {})]),
        (b"data: [DONE]", [Event(DONE, {})]),
        (b'data: {"a":1}', [Event("", {"a": 1})]),
        (b'event: left over\n\ndata: {"a":1}\n\n', [Event("", {"a": 1})]),
        (b'data\ndata:\n\ndata: {"a":1}\n\n', [Event("", {"a": 1})]),
        (b"data: [1, 2]\n\ndata: null\n\n", []),
        (b'{"a": 1}\n\n', []),
        (b"", []),
    ],
)
def test_events_are_read(body: bytes, events: list[Event]) -> None:
    assert parse(body) == events


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c"])
def test_only_newlines_separate_lines(separator: str) -> None:
    body = f'data: {{"text":"a{json.dumps(separator)[1:-1] if separator < " " else separator}b"}}\n\n'
    assert parse(body.encode()) == [Event("", {"text": f"a{separator}b"})]


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(
    documents=st.lists(st.dictionaries(texts, texts, max_size=3), max_size=5),
    newline=st.sampled_from(["\n", "\r\n"]),
    space=st.sampled_from(["", " "]),
    cuts=st.lists(st.integers(0, 2000), max_size=10),
)
def test_events_do_not_depend_on_how_bytes_arrive(
    documents: list[dict[str, str]], newline: str, space: str, cuts: list[int]
) -> None:
    lines = [
        f"data:{space}{json.dumps(document, ensure_ascii=False)}{newline}: comment{newline}{newline}"
        for document in documents
    ]
    body = "".join(lines).encode()
    places = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]

    found = parse(*(body[start:end] for start, end in itertools.pairwise(places)))

    assert found == [Event("", document) for document in documents]


@given(st.lists(st.binary(max_size=200), max_size=10))
def test_any_bytes_are_survived_or_refused(chunks: list[bytes]) -> None:
    try:
        found = parse(*chunks)
    except UnreadableStreamError:
        return
    assert all(isinstance(event.data, dict) for event in found)


def test_two_unreadable_events_are_skipped_and_the_third_is_too_many() -> None:
    good, bad = b'data: {"a":1}\n\n', b"data: {nonsense\n\n"
    assert parse(bad + good + bad) == [Event("", {"a": 1})]
    with pytest.raises(UnreadableStreamError):
        parse(bad + good + bad + bad)


def test_halves_of_characters_and_broken_bytes_become_replacement_characters() -> None:
    assert parse(b'data: {"a":"x\\ud83d"}\n\n') == [Event("", {"a": "x\ufffd"})]
    assert parse(b'data: {"a":"x\xff"}\n\n') == [Event("", {"a": "x\ufffd"})]


def test_deeply_nested_json_is_unreadable_and_not_fatal() -> None:
    assert parse(b"data: " + b"[" * 100_000 + b"\n\n") == []


@pytest.mark.parametrize("shape", ["one line", "no end", "many lines"])
def test_event_of_more_than_a_mebibyte_is_refused(shape: str) -> None:
    parser = EventParser()
    piece = b"x" * 16_384
    pieces = {"one line": [b"data: ", *[piece] * 65, b"\n\n"], "no end": [piece] * 65}
    feed = pieces.get(shape, [b"data: " + piece + b"\n"] * 65)

    with pytest.raises(UnreadableStreamError, match="1 MiB"):
        list(itertools.chain.from_iterable(parser.feed(chunk) for chunk in feed))


def test_event_of_almost_a_mebibyte_is_read() -> None:
    document = {"pad": "x" * (MAX_EVENT_BYTES - 100)}
    body = f"data: {json.dumps(document)}\n\n".encode()
    assert parse(*(body[start : start + 16_384] for start in range(0, len(body), 16_384))) == [Event("", document)]
