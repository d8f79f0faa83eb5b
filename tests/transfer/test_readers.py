"""The exports of others: samples made by hand give the right trees, and what is none is refused by name."""

from __future__ import annotations

import io
import random
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from tests.transfer.trees import SAMPLES, read_file, read_sample, tree
from transfer import stream
from transfer.readers import read_talk
from transfer.readers.values import moment
from transfer.stream import read_elements
from transfer.talk import MOST_MESSAGES, Said, Talk, Unreadable, in_order

if TYPE_CHECKING:
    from pathlib import Path

ALL = ("chatgpt", "claude", "openwebui", "librechat-flat", "librechat-recursive")


def test_chatgpt_gives_its_tree_without_hidden_nodes_and_tools() -> None:
    sky, hello = read_sample("chatgpt")
    question = "Why is the sky blue? <b>really</b>"
    assert tree(sky) == [
        ("", "user", question),
        (question, "assistant", "Because of *Rayleigh* scattering."),
        (question, "assistant", "光的散射。"),
    ]
    assert (sky.title, sky.leaf, sky.is_pinned, sky.is_archived) == ("Blue sky 🌌", "a2", True, False)
    assert [said.model for said in sky.messages] == ["", "openai/gpt-4o", "openai/gpt-4o-mini"]
    assert sky.created_at == datetime(2023, 11, 14, 22, 13, 20, 250_000, UTC)
    assert tree(hello) == [("", "user", "Hello"), ("Hello", "assistant", "Hi.")]
    assert (hello.title, hello.is_archived) == ("", True)


@pytest.mark.parametrize("name", ALL)
def test_id_that_no_database_holds_is_none(name: str) -> None:
    element: Any = orjson.loads((SAMPLES / f"{name}-made-by-hand.json").read_bytes())
    element = element[0] if isinstance(element, list) else element
    for id_of_it in ("conversation_id", "uuid", "id", "conversationId"):
        if id_of_it in element:
            element[id_of_it] = "a\0b"
    with pytest.raises(Unreadable, match="without an id"):
        read_talk(element)


def test_claude_gives_branches_thoughts_and_documents() -> None:
    poem, older = read_sample("claude")
    question = "Write a poem.\n\nmood.txt:\n\n````\n```sad```\n````"
    assert tree(poem) == [
        ("", "user", question),
        (question, "assistant", "Rain,\n\nagain."),
        ("Rain,\n\nagain.", "user", "Another, happier."),
        (question, "assistant", "Sun."),
    ]
    assert (poem.leaf, poem.model) == ("m4", "anthropic/claude-sonnet-4-5")
    assert poem.messages[1].reasoning == "A short one."
    assert tree(older) == [("", "user", "Older shape"), ("Older shape", "assistant", "Understood.")]


def test_openwebui_gives_its_tree_and_its_older_list() -> None:
    numbers, a_list = read_sample("openwebui")
    assert tree(numbers) == [
        ("", "user", "15 * 17?"),
        ("15 * 17?", "assistant", "254"),
        ("15 * 17?", "assistant", "255"),
    ]
    assert (numbers.leaf, numbers.instructions, numbers.is_pinned) == ("w3", "Be brief.", True)
    assert numbers.messages[2].reasoning == "> 150 + 105"
    assert numbers.messages[2].model == "openwebui/deepseek-r1"
    assert tree(a_list) == [("", "user", "Hello"), ("Hello", "assistant", "Hi there.")]


def test_librechat_gives_the_same_tree_flat_and_recursive() -> None:
    (flat,), (nested,) = read_sample("librechat-flat"), read_sample("librechat-recursive")
    assert tree(flat) == [
        ("", "user", "Where am I?"),
        ("Where am I?", "assistant", "Type `pwd`."),
        ("Where am I?", "assistant", "In a shell."),
    ]
    assert (flat.instructions, flat.model, flat.messages[2].reasoning) == (
        "You know shells.",
        "openAI/gpt-4-turbo",
        "A shell, surely.",
    )
    assert tree(nested) == [
        ("", "user", "One?"),
        ("One?", "assistant", "Two."),
        ("Two.", "user", "Three?"),
        ("One?", "assistant", "Four."),
    ]


@pytest.mark.parametrize("name", ALL)
def test_file_in_an_archive_is_the_same(tmp_path: Path, name: str) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(SAMPLES / f"{name}-made-by-hand.json", "folder/conversations.json")
        archive.writestr("user.json", '{"id": "somebody"}')
        archive.writestr("chat.html", "<script>")
    assert [tree(talk) for talk in read_file(path)] == [tree(talk) for talk in read_sample(name)]


@pytest.mark.parametrize("size", [1, 2, 7, 64])
@pytest.mark.parametrize("name", ALL)
def test_pieces_of_any_size_give_the_same(monkeypatch: pytest.MonkeyPatch, name: str, size: int) -> None:
    whole = list(read_elements(SAMPLES / f"{name}-made-by-hand.json"))
    monkeypatch.setattr(stream, "CHUNK", size)
    assert list(read_elements(SAMPLES / f"{name}-made-by-hand.json")) == whole


def test_split_agrees_with_a_parser_about_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "CHUNK", 5)
    choose = random.Random(1)

    def value(depth: int) -> Any:
        words = "".join(choose.choices('\\"{}[]a\n é🌌', k=choose.randrange(6)))
        kind = choose.randrange(6) if depth else 0
        if kind > 3:
            return {words: value(depth - 1)} if kind == 4 else [value(depth - 1), words]
        return [words, None, 3.5, True][kind]

    for _ in range(200):
        elements = [{"a": value(4)} for _ in range(choose.randrange(4))]
        path = tmp_path / "any.json"
        path.write_bytes(orjson.dumps(elements, option=choose.choice([0, orjson.OPT_INDENT_2])))
        assert list(read_elements(path)) == elements
        path.write_bytes(b"\xef\xbb\xbf" + b"\n".join(map(orjson.dumps, elements)))
        assert list(read_elements(path)) == elements


@pytest.mark.parametrize(
    "content",
    [b'[{"a": 1}, {"b": ', b'[{"a": "never ends', b"[[[[", b'{"a": {', b'"', b'[{"a": 1}'],
)
def test_file_that_breaks_off_is_refused_after_what_was_whole(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.json"
    path.write_bytes(content)
    found: list[Any] = []
    with pytest.raises(Unreadable):
        found.extend(read_elements(path))
    assert found in ([], [{"a": 1}])


def test_conversation_that_is_too_large_is_not_even_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "LARGEST_ELEMENT", 1000)
    path = tmp_path / "large.json"
    path.write_bytes(b'[{"a": "' + b"x" * 10**6 + b'"}]')
    monkeypatch.setattr(stream, "CHUNK", 100)
    with pytest.raises(Unreadable, match="more than"):
        list(read_elements(path))


def test_archive_that_unpacks_without_end_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "MOST_UNPACKED", 10**6)
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("conversations.json", b"[" + b" " * 10**7 + b"]")
    assert path.stat().st_size < 20_000
    with pytest.raises(Unreadable, match="more than"):
        list(read_elements(path))


def test_archive_of_too_many_files_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "MOST_ENTRIES", 2)
    path = tmp_path / "many.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(3):
            archive.writestr(f"{number}.json", "{}")
    with pytest.raises(Unreadable, match="files"):
        list(read_elements(path))


def test_damaged_archive_is_refused(tmp_path: Path) -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("conversations.json", (SAMPLES / "chatgpt-made-by-hand.json").read_bytes())
    path = tmp_path / "damaged.zip"
    for content in (whole.getvalue()[:200], whole.getvalue()[:60] + b"x" * 40 + whole.getvalue()[100:], b"PK\x03\x04"):
        path.write_bytes(content)
        with pytest.raises(Unreadable):
            list(read_elements(path))


def test_nesting_has_a_limit_and_costs_one_conversation(tmp_path: Path) -> None:
    path = tmp_path / "deep.json"
    path.write_bytes(b'[{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b'}, {"b": 1}]')
    first, second = read_elements(path)
    assert isinstance(first, Unreadable)
    assert second == {"b": 1}


WRONG: list[Any] = [None, 0, -1, True, "", "x" * 300, [], {}, [None], {"a": None}, 1e308, "2024-99-99"]


def fields_of(element: Any) -> list[tuple[Any, Any]]:
    """List every place in an element, as what holds it and its name."""
    found: list[tuple[Any, Any]] = []
    waiting = [element]
    while waiting:
        one = waiting.pop()
        places = list(one.items()) if isinstance(one, dict) else list(enumerate(one)) if isinstance(one, list) else []
        found += [(one, name) for name, _ in places]
        waiting += [value for _, value in places]
    return found


@pytest.mark.parametrize("name", ALL)
def test_any_wrong_value_is_taken_or_refused_and_never_breaks(name: str) -> None:
    content = (SAMPLES / f"{name}-made-by-hand.json").read_bytes()
    count = len(fields_of(orjson.loads(content)))
    choose = random.Random(2)
    for number in range(count):
        loaded = orjson.loads(content)
        holder, place = fields_of(loaded)[number]
        holder[place] = choose.choice(WRONG)
        for element in loaded if isinstance(loaded, list) else [loaded]:
            if not isinstance(element, dict):
                continue
            try:
                in_order(read_talk(element))
            except Unreadable as refusal:
                assert refusal.message.startswith("It")  # noqa: PT017 - either is right


def test_unknown_kinds_are_refused() -> None:
    with pytest.raises(Unreadable, match="not known here"):
        read_talk({"hello": "world"})


def test_newer_export_of_ours_is_refused_by_name() -> None:
    with pytest.raises(Unreadable, match="newer version"):
        read_talk({"format": "chat/2", "id": "x"})


def talk(*links: tuple[str, str | None]) -> Talk:
    return Talk("chatgpt", "k", "", [Said(key, parent, "user", key) for key, parent in links])


def test_order_puts_parents_first_whatever_the_depth() -> None:
    deep = talk(*((str(number), str(number - 1)) for number in reversed(range(5000))))
    assert [said.key for said in in_order(deep)] == [str(number) for number in range(5000)]


def test_circle_and_doubles_and_crowds_are_refused() -> None:
    for wrong, words in (
        (talk(("a", "b"), ("b", "a"), ("c", None)), "circle"),
        (talk(("a", "a")), "circle"),
        (talk(("a", None), ("a", None)), "same id"),
        (talk(*((str(number), None) for number in range(MOST_MESSAGES + 1))), "more than"),
    ):
        with pytest.raises(Unreadable, match=words):
            in_order(wrong)


@pytest.mark.parametrize(
    ("value", "year"),
    [(1700000000, 2023), (1700000000000, 2023), ("2024-05-01T16:35:11Z", 2024), ("2024-05-01T16:35:11", 2024)],
)
def test_moment_reads_the_usual_spellings(value: Any, year: int) -> None:
    found = moment(value)
    assert found
    assert (found.year, found.tzinfo is not None) == (year, True)


@pytest.mark.parametrize(
    "value", [None, "", "yesterday", 1e300, -1e300, True, [], "2024-02-31T00:00:00Z", float("nan")]
)
def test_moment_is_none_for_anything_else(value: Any) -> None:
    assert moment(value) is None
