"""Lists as files: what is read, what is refused with its line, and that nothing is half imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError, call_command

from conversations.recent import count_recently_said, recently_said
from moderation import word_files
from moderation.models import Action, AllowedPhrase, Direction, SensitiveWord
from moderation.trial import Said, say_what_was_said, try_words
from moderation.word_files import FaultyFile, list_warnings, parse_words, store_words, write_csv, write_text
from moderation.words import word_list
from tests.moderation.rows import add_word

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.django_db


@pytest.fixture
def nothing_said() -> Iterator[None]:
    yield
    say_what_was_said(recently_said, count_recently_said)


def faults(content: bytes, *, is_csv: bool = True) -> str:
    with pytest.raises(FaultyFile) as refused:
        parse_words(content, is_csv=is_csv)
    return refused.value.message


def test_csv_is_read_with_its_columns_and_defaults() -> None:
    content = "pattern,action,whole_word,category\nBad Wörd,BLOCK,no,insults\n\n'=sum,,,\n".encode("utf-8-sig")
    first, second = parse_words(content, is_csv=True, direction="in").words
    assert (first.pattern, first.folded, first.action, first.whole_word) == ("Bad Wörd", "bad word", "block", False)
    assert (first.category, first.direction) == ("insults", Direction.INPUT)
    assert (second.pattern, second.action, second.whole_word) == ("=sum", Action.FLAG, True)


def test_text_is_read_line_by_line() -> None:
    words = parse_words(b"# a comment\nbad\n\n\\#tag\nBAD\n", is_csv=False, action="mask").words
    assert [word.pattern for word in words] == ["BAD", "#tag"]
    assert {word.action for word in words} == {Action.MASK}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "Line 1: the heading"),
        (b"word,action\nbad,block\n", "Line 1: the heading"),
        (b"pattern,colour\nbad,red\n", "Unknown: colour"),
        (b"pattern,action\nbad,block,more\n", "Line 2: 3 cells"),
        (b"pattern,action\nbad,explode\n", "Line 2: "),
        (b"pattern,whole_word\nbad,perhaps\n", "Line 2: whole_word is yes or no"),
        (b"pattern\ngood\n\xff\xfe\n", "Line 3: this is not UTF-8"),
        ("pattern\nbad\n".encode("utf-16"), "Line 1: this is not UTF-8"),
        (b"pattern\na\0b\n", "Line 2: this is no text"),
        (b'pattern\n"open\n', "this is not CSV"),
        (b"pattern,note\n  ,empty\n", "Line 2: Write at least one visible character."),
        ("pattern\nok\n\u200b\u00ad\n".encode(), "Line 3: Write at least one visible character."),
        (b"pattern\n" + b"x" * 201 + b"\n", "Line 2: "),
        (b"pattern\n", "no entries"),
        (b'pattern\n"two\nlines"\n', "Line 3: This is one line"),
        (b'pattern,note\nbad,"two\r\nlines"\n', "Line 3: This is one line"),
        ("pattern,category\nbad,two\u2028lines\n".encode(), "Line 2: This is one line"),
    ],
)
def test_faulty_csv_is_refused_with_its_line(content: bytes, told: str) -> None:
    assert told in faults(content)


def test_many_faults_are_counted() -> None:
    message = faults(b"pattern,action\n" + b"bad,never\n" * 30)
    assert "Line 21:" in message
    assert "and 10 more" in message


@pytest.mark.parametrize("line", [b"a\n", b"a\r", b"\xe2\x80\x8b\n"])
@pytest.mark.parametrize("is_csv", [True, False])
def test_reading_ends_where_the_list_would_be_full(
    line: bytes, *, is_csv: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(word_files, "MOST_IN_LIST", 10)
    read: list[int] = []
    with pytest.raises(FaultyFile, match="more than 10 entries") as refused:
        parse_words(b"pattern\n" + line * 5000, is_csv=is_csv, progress=read.append)
    assert len(read) == 11
    assert len(refused.value.faults) <= 11


def test_what_may_not_be_meant_is_told_and_taken_literally() -> None:
    parsed = parse_words("a\nb.*d\n鬼\nж\nب\nは\n".encode(), is_csv=False)
    assert [warning[:7] for warning in parsed.warnings] == ["Line 1:", "Line 2:", "Line 4:", "Line 5:"]
    assert len(parsed.words) == 6


def test_import_changes_what_is_there_and_adds_the_rest() -> None:
    old = add_word("badword", note="keep me not")
    store_words(parse_words(b"pattern,direction,action\nBADWORD,both,mask\nnew,in,flag\n", is_csv=True).words)
    old.refresh_from_db()
    assert (old.pattern, old.action, old.note) == ("BADWORD", Action.MASK, "")
    assert SensitiveWord.objects.count() == 2


def test_export_is_read_back_as_it_was() -> None:
    for pattern in ("bad", "=cmd()", "'tis", 'quo"te, comma', "#tag", "\\back", "-minus", "＝x", "'=1", "''+"):
        add_word(pattern, Action.MASK, language="en", note="x;=HYPERLINK(1)", whole_word=False)
    words = list(SensitiveWord.objects.all())
    before = [(word.pattern, word.action, word.language, word.note, word.whole_word) for word in words]
    exported = "".join(write_csv(words))
    assert "\r\n=" not in exported
    assert ";=" not in exported
    back = parse_words(exported.encode(), is_csv=True).words
    assert [(word.pattern, word.action, word.language, word.note, word.whole_word) for word in back] == before
    text = "".join(write_text(words)).encode()
    assert [word.pattern for word in parse_words(text, is_csv=False).words] == [word.pattern for word in words]


def test_commands_import_and_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, target = tmp_path / "in.txt", tmp_path / "out.csv"
    source.write_text("".join(f"word{number}\n" for number in range(1200)))
    call_command("import_words", source, "--action", "block", "--category", "insults")
    assert "1,200 words are in the list" in capsys.readouterr().out
    assert SensitiveWord.objects.filter(action="block", category="insults").count() == 1200
    call_command("export_words", target)
    assert len(target.read_text().splitlines()) == 1201


def test_command_that_fails_imports_nothing(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("pattern,action\ngood,flag\nbad,never\n")
    with pytest.raises(CommandError, match=r"Nothing was imported.\nLine 3"):
        call_command("import_words", source)
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_words", tmp_path / "missing.csv")
    assert not SensitiveWord.objects.exists()


@pytest.mark.usefixtures("nothing_said")
def test_dry_run_says_what_would_have_been_caught(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    AllowedPhrase.objects.create(phrase="not bad")
    said = [Said(Direction.INPUT, "A bad day"), Said(Direction.OUTPUT, "Not bad"), Said(Direction.INPUT, "fine")]
    say_what_was_said(lambda: iter(said), lambda: len(said))
    source = tmp_path / "in.txt"
    source.write_text("bad\n")
    call_command("import_words", source, "--dry-run")
    told = capsys.readouterr().out
    assert "found in 1 of 3 texts" in told
    assert not SensitiveWord.objects.exists()
    trial = try_words(parse_words(b"bad\n", is_csv=False, direction="out").words, said)
    assert (trial.texts, trial.hit) == (3, 0)


def test_import_reaches_the_list_of_this_process() -> None:
    word_list.refresh()
    assert word_list.matcher(Direction.INPUT).is_empty
    store_words(parse_words(b"bad\n", is_csv=False).words)
    word_list.refresh(at_most=60)
    assert not word_list.matcher(Direction.INPUT).is_empty


@pytest.mark.parametrize(
    ("pattern", "found"),
    [("göt", "got"), ("Schwül", "schwul"), ("sık", "sik"), ("fød", "fod"), ("мой", "мои"), ("go\u0308t", "got")],
)
def test_warning_names_the_word_that_marks_make_another(pattern: str, found: str) -> None:
    word = SensitiveWord(pattern=pattern)
    assert list_warnings(word) == [f"“{pattern}” is found in “{found}”, too: marks on letters make no difference."]


@pytest.mark.parametrize("pattern", ["got", "İs", "हिन्दी", "がく", "한국어", "word", "ﬁx"])
def test_no_warning_where_no_mark_is_lost(pattern: str) -> None:
    assert list_warnings(SensitiveWord(pattern=pattern)) == []


def test_import_warns_once_of_lost_marks_whatever_their_number() -> None:
    warnings = parse_words("schön\nx\nsık\ngöt\n".encode(), is_csv=False).warnings
    assert len(warnings) == 2
    assert warnings[0].startswith("Line 1: “schön” is found in “schon”, too")
    assert warnings[0].endswith("So it is on 2 more lines.")
