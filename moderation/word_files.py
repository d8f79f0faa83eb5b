"""Lists of words as files: CSV with a heading, or text with one entry a line. All of a file is taken, or nothing."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction

from chatproject.errors import BadRequest
from chatproject.spreadsheets import as_written, harmless
from moderation.folding import without_marks
from moderation.matcher import is_short
from moderation.models import Action, Direction, SensitiveWord, checked_fold
from moderation.words import note_change

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

COLUMNS = ("pattern", "language", "category", "whole_word", "action", "direction", "enabled", "note")
REQUIRED = "pattern"
BATCH = 500
MOST_IN_LIST = 150_000
"""Entries that a process can hold and build in a second or two."""

MOST_FAULTS = 20
YES, NO = frozenset({"yes", "true", "1", "on", "y"}), frozenset({"no", "false", "0", "off", "n"})


class FaultyFile(BadRequest):
    """A file that is not taken; ``faults`` are sentences, each with its line."""

    def __init__(self, faults: Sequence[str]) -> None:
        shown = list(faults[:MOST_FAULTS])
        if len(faults) > MOST_FAULTS:
            shown.append(f"and {len(faults) - MOST_FAULTS:,} more")
        super().__init__("Nothing was imported. " + " ".join(shown))
        self.faults = shown


@dataclass(frozen=True, slots=True)
class Parsed:
    """The entries of a file, the last one of each spelling and direction, and what an operator should look at."""

    words: Sequence[SensitiveWord]
    warnings: Sequence[str] = field(default=())


def parse_words(
    content: bytes, *, is_csv: bool, progress: Callable[[int], object] = lambda _: None, **defaults: str
) -> Parsed:
    """Read a file; ``defaults`` are cells for the columns that it leaves out. Raises FaultyFile.

    ``progress`` gets the number of each line.
    """
    text = _decode(content)
    rows = _csv_rows(text) if is_csv else _text_rows(text)
    words: dict[tuple[str, str], SensitiveWord] = {}
    faults: list[str] = []
    warnings: list[str] = []
    marked: list[str] = []
    for count, (line, cells) in enumerate(rows):
        progress(line)
        if count == MOST_IN_LIST:
            raise FaultyFile([f"The file has more than {MOST_IN_LIST:,} entries.", *faults])
        try:
            word = _word({**defaults, **{name: cell for name, cell in cells.items() if cell}})
        except ValidationError as error:
            faults.append(f"Line {line}: {' '.join(error.messages)}")
            continue
        words[word.folded, word.direction] = word
        warnings += [f"Line {line}: {warning}" for warning in _list_oddities(word)]
        marked += [f"Line {line}: {warning}" for warning in _list_lost_marks(word)]
    if not words and not faults:
        faults.append("The file has no entries.")
    if faults:
        raise FaultyFile(faults)
    more = f" So it is on {len(marked) - 1:,} more lines." if len(marked) > 1 else ""
    return Parsed(list(words.values()), [*(sentence + more for sentence in marked[:1]), *warnings])


def list_warnings(word: SensitiveWord) -> list[str]:
    """Say what is allowed and perhaps not meant."""
    return _list_oddities(word) + _list_lost_marks(word)


def _list_lost_marks(word: SensitiveWord) -> list[str]:
    bare = without_marks(word.pattern)
    return [f"“{word.pattern}” is found in “{bare}”, too: marks on letters make no difference."] if bare else []


def _list_oddities(word: SensitiveWord) -> list[str]:
    folded = word.folded or checked_fold(word.pattern)
    warnings = []
    if is_short(folded, 1):
        warnings.append(f"“{word.pattern}” is one letter, and will be found very often.")
    if any(sign in word.pattern for sign in (".*", "\\b", "[a-z", "(?", ".+", "|")):
        warnings.append(f"“{word.pattern}” looks like a regular expression; it is looked for as it is written.")
    return warnings


def store_words(words: Sequence[SensitiveWord], progress: Callable[[int], object] = lambda _: None) -> int:
    """Add entries, or change those that the list has in the same spelling and direction; returns how many.

    ``progress`` gets how many are stored. Raises FaultyFile, and stores nothing, where the list would grow too long.
    """
    changed = [*(name for name in COLUMNS if name != "direction"), "updated_at"]
    with transaction.atomic():
        for start in range(0, len(words), BATCH):
            batch = words[start : start + BATCH]
            SensitiveWord.objects.bulk_create(
                batch, update_conflicts=True, unique_fields=["folded", "direction"], update_fields=changed
            )
            progress(start + len(batch))
        if (count := SensitiveWord.objects.count()) > MOST_IN_LIST:
            raise FaultyFile([f"The list would have {count:,} entries, and can have {MOST_IN_LIST:,}."])
        note_change()
    return len(words)


def write_csv(words: Iterable[SensitiveWord]) -> Iterator[str]:
    """Give the lines of a CSV file that :func:`parse_words` reads back as they are."""
    yield ",".join(COLUMNS) + "\r\n"
    for word in words:
        line = io.StringIO()
        csv.writer(line).writerow([harmless(_cell(getattr(word, name))) for name in COLUMNS])
        yield line.getvalue()


def write_text(words: Iterable[SensitiveWord]) -> Iterator[str]:
    for word in words:
        yield f"\\{word.pattern}\n" if word.pattern.startswith(("#", "\\")) else f"{word.pattern}\n"


def _decode(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise FaultyFile([f"Line {line}: this is not UTF-8 text. Save the file as UTF-8."]) from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise FaultyFile([f"Line {line}: this is no text. Save the file as CSV or text, in UTF-8."])
    return text


def _text_rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Leave out empty lines and comments; a backslash keeps a line that begins with # or one."""
    for number, ended in enumerate(io.StringIO(text, newline=None), 1):
        line = ended.removesuffix("\n")
        if line.strip() and not line.startswith("#"):
            yield number, {"pattern": line[1:] if line.startswith(("\\#", "\\\\")) else line}


def _csv_rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        heading = [name.strip().lower() for name in next(reader, [])]
        _require_heading(heading)
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(heading):
                raise FaultyFile(
                    [f"Line {reader.line_num}: {len(cells)} cells, and the heading has {len(heading)} columns."]
                )
            yield reader.line_num, {name: as_written(cell) for name, cell in zip(heading, cells, strict=True)}
    except csv.Error as error:
        raise FaultyFile([f"Line {reader.line_num}: this is not CSV ({error})."]) from None


def _require_heading(heading: list[str]) -> None:
    unknown = [name or "(empty)" for name in heading if name not in COLUMNS]
    if REQUIRED not in heading or unknown or len(set(heading)) < len(heading):
        known = ", ".join(COLUMNS)
        wrong = f" Unknown: {', '.join(unknown)[:200]}." if unknown else ""
        raise FaultyFile(
            [f"Line 1: the heading names the columns, each once and pattern at least. Known: {known}.{wrong}"]
        )


def _word(cells: dict[str, str]) -> SensitiveWord:
    word = SensitiveWord(
        pattern=cells.get("pattern", "").strip(),
        language=cells.get("language", "").strip(),
        category=cells.get("category", "").strip(),
        whole_word=_flag("whole_word", cells),
        action=cells.get("action", Action.FLAG).strip().lower(),
        direction=cells.get("direction", Direction.BOTH).strip().lower(),
        enabled=_flag("enabled", cells),
        note=cells.get("note", "").strip(),
    )
    word.folded = checked_fold(word.pattern)
    word.clean_fields(exclude=["id", "folded"])
    return word


def _flag(name: str, cells: dict[str, str]) -> bool:
    cell = cells.get(name, "yes").strip().lower()
    if cell not in YES | NO:
        raise ValidationError(f"{name} is yes or no, not “{cell[:20]}”.")
    return cell in YES


def _cell(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
