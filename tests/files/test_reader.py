"""What is read of a file, and that a hostile one costs its own process only."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import TYPE_CHECKING, Protocol

import pytest
from PIL import Image

from chatproject.errors import Unavailable
from files import reader
from files.parsing import limits
from files.reader import Reading, Unread, read_file
from tests.files import samples
from tests.support.homes import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from files.kinds import Format


class Reader(Protocol):
    def __call__(self, data: bytes, form: Format, *, seconds: float = 60) -> Reading: ...


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    def read(data: bytes, form: Format, *, seconds: float = 60) -> Reading:
        path = tmp_path / "given"
        path.write_bytes(data)
        with path.open("rb") as source:
            return read_file(source, form, "given", owner="somebody", seconds=seconds)

    return read


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (samples.picture("PNG"), "image/png"),
        (samples.picture("JPEG"), "image/jpeg"),
        (samples.picture("WEBP"), "image/png"),
        (samples.picture("GIF"), "image/png"),
        (samples.picture("PNG", mode="RGBA"), "image/png"),
        (samples.picture("PNG", mode="I;16"), "image/png"),
        (samples.picture("JPEG", mode="CMYK"), "image/jpeg"),
    ],
    ids=["png", "jpeg", "webp", "gif", "transparent", "sixteen-bit", "cmyk"],
)
def test_picture_is_written_anew(read: Reader, data: bytes, media_type: str) -> None:
    reading = read(data, "picture")
    assert (reading.media_type, reading.width, reading.height) == (media_type, 64, 48)
    with Image.open(BytesIO(reading.data)) as shown:
        assert f"image/{(shown.format or '').lower()}" == media_type
        assert shown.size == (64, 48)
    with Image.open(BytesIO(reading.thumbnail)) as small:
        assert small.format == "JPEG"


def test_photograph_tells_nothing_of_its_maker_and_stands_upright(read: Reader) -> None:
    reading = read(samples.photograph("secret camera"), "picture")
    assert (reading.width, reading.height) == (48, 64)
    for data in (reading.data, reading.thumbnail):
        assert b"secret" not in data
        assert b"Exif" not in data


def test_large_picture_is_scaled_to_what_models_look_at(read: Reader) -> None:
    reading = read(samples.picture("JPEG", (5000, 2500)), "picture")
    assert (reading.width, reading.height) == (2048, 1024)


def test_largest_picture_fits_the_memory(read: Reader) -> None:
    reading = read(samples.picture("PNG", (8000, 5000), mode="RGBA", compress_level=1), "picture")
    assert (reading.width, reading.height) == (2048, 1280)


def test_picture_of_too_many_pixels_is_refused_before_it_is_decoded(read: Reader) -> None:
    with pytest.raises(Unread, match="more than 40 million pixels"):
        read(samples.picture("PNG", (50_000, 50_000), mode="1"), "picture")


def test_animation_says_that_its_first_picture_is_used(read: Reader) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    written = BytesIO()
    frames[0].save(written, "GIF", save_all=True, append_images=frames[1:])
    assert read(written.getvalue(), "picture").note == "Only the first picture of the animation is used."


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n" + b"junk" * 100,
        samples.picture("PNG")[:60],
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"",
    ],
    ids=["junk", "cut", "svg", "empty"],
)
def test_what_is_no_picture_is_refused_in_words(read: Reader, data: bytes) -> None:
    with pytest.raises(Unread, match=r"^given could not be read as a picture\. It may be damaged\.$"):
        read(data, "picture")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("Grüße 你好 🙂".encode(), "Grüße 你好 🙂"),
        ("\ufeffGrüße".encode(), "Grüße"),
        ("Grüße".encode("utf-16"), "Grüße"),
        ("Grüße".encode("cp1252"), "Grüße"),
        (b"one\r\ntwo\rthree", "one\ntwo\nthree"),
    ],
    ids=["utf-8", "with-mark", "utf-16", "windows", "line-ends"],
)
def test_text_is_read_in_the_encodings_people_have(read: Reader, data: bytes, text: str) -> None:
    assert read(data, "text").text == text


def test_long_text_is_cut_and_says_so(read: Reader) -> None:
    reading = read(b"word " * 50_000, "text")
    assert len(reading.text) == limits.LONGEST_TEXT - 1  # without the last space
    assert reading.note == "Only its first 200,000 characters are used."


@pytest.mark.parametrize("data", [b"a\0b", b"\xff\xfe\x00", b"   \n "], ids=["nul", "half-utf-16", "blank"])
def test_what_is_no_text_is_refused(read: Reader, data: bytes) -> None:
    with pytest.raises(Unread):
        read(data, "text")


def test_pdf_gives_its_text(read: Reader) -> None:
    assert read(samples.pdf("Hello from a page"), "pdf").text == "Hello from a page"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (samples.pdf("Secret", password="key"), "locked with a password"),
        (samples.pdf(), "has no text"),
        (b"%PDF-1.7 junk", "could not be read as a PDF"),
        (samples.pdf("Hello")[:200], "could not be read as a PDF"),
    ],
    ids=["locked", "scan", "junk", "cut"],
)
def test_pdf_that_cannot_be_read_says_why(read: Reader, data: bytes, words: str) -> None:
    with pytest.raises(Unread, match=words):
        read(data, "pdf")


def test_pdf_that_unpacks_without_end_costs_its_own_process(read: Reader) -> None:
    bomb = samples.pdf(" " * (400 << 20), packed=True)
    assert len(bomb) < 1 << 20
    with pytest.raises(Unread):
        read(bomb, "pdf")


def test_word_document_gives_its_words(read: Reader) -> None:
    cells = "".join(f"<w:tc>{samples.paragraph(cell)}</w:tc>" for cell in ("left", "right"))
    body = samples.paragraph("One &amp; two", "three") + f"<w:tbl><w:tr>{cells}</w:tr></w:tbl>"
    assert read(samples.docx(body), "docx").text == "One & two\tthree\nleft\n\tright"


def test_instructions_of_fields_are_no_words(read: Reader) -> None:
    body = samples.paragraph("Page") + "<w:p><w:r><w:instrText>PAGEREF secret</w:instrText></w:r></w:p>"
    assert read(samples.docx(body), "docx").text == "Page"


ENTITIES = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY b "&x;&x;">]>'


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (samples.docx(samples.paragraph("a"), ENTITIES), "declares entities"),
        (samples.docx(" " * (101 << 20)), "unpacks to more"),
        (samples.archive({f"entry{number}": "" for number in range(1001)}), "unpacks to more"),
        (samples.archive({"other.xml": "x"}), "could not be read as a Word document"),
        (samples.docx("<w:p>"), "could not be read as a Word document"),
        (b"PK\x03\x04junk", "could not be read as a Word document"),
        (samples.docx(""), "has no text"),
    ],
    ids=["entities", "bomb", "entries", "other-archive", "broken-xml", "junk", "empty"],
)
def test_hostile_word_document_is_refused_in_words(read: Reader, data: bytes, words: str) -> None:
    with pytest.raises(Unread, match=words):
        read(data, "docx")


def test_size_that_an_archive_declares_is_not_believed(read: Reader) -> None:
    honest = samples.docx(" " * (101 << 20))
    size = next(number for number in range(101 << 20, (101 << 20) + 400) if number.to_bytes(4, "little") in honest)
    lying = honest.replace(size.to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    assert lying != honest
    with pytest.raises(Unread):
        read(lying, "docx")


def test_link_in_an_archive_is_refused(read: Reader) -> None:
    entry = zipfile.ZipInfo("word/document.xml")
    entry.external_attr = 0o120777 << 16
    written = BytesIO()
    with zipfile.ZipFile(written, "w") as packed:
        packed.writestr(entry, "/etc/passwd")
    with pytest.raises(Unread, match="holds links"):
        read(written.getvalue(), "docx")


def test_slow_file_is_given_up(read: Reader) -> None:
    with pytest.raises(Unread, match="took too long"):
        read(samples.pdf("Hello"), "pdf", seconds=0.001)


def test_nobody_takes_all_places_to_read(read: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "PATIENCE", 0.0)
    end, begin = os.pipe()  # a file that is still being read
    with ThreadPoolExecutor(1) as others, os.fdopen(end, "rb") as slow, os.fdopen(begin, "wb") as more:
        being_read = others.submit(read_file, slow, "text", "slow", owner="mallory")
        with reader._places:
            assert reader._places.wait_for(lambda: "mallory" in reader._reading, 30)
        with pytest.raises(Unavailable, match="Many files"):
            read_file(BytesIO(), "text", "second", owner="mallory")
        assert read(b"Hello", "text").text == "Hello"
        more.write(b"Bye")
        more.close()
        assert being_read.result().text == "Bye"
    assert reader._reading == set()


def test_reader_that_dies_is_told_in_words(read: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(Unread, match=r"could not be read\. It was not attached"):
        read(b"Hello", "text")


def test_reader_gets_no_more_than_its_memory_and_writes_no_file(tmp_path: Path) -> None:
    script = """
from files.parsing.limits import confine
confine(512 << 20)
try:
    bytearray(600 << 20)
except MemoryError:
    print("no memory")
open("written", "wb").write(b"x")
"""
    command = [sys.executable, "-c", script]
    environment = {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.stdout == "no memory\n"
    assert (tmp_path / "written").read_bytes() == b""


def test_reader_gets_nothing_of_our_environment(read: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spy = tmp_path / "spy"
    spy.write_text("""#!/bin/sh\necho "{\\"text\\": \\"$(env | cut -d= -f1 | tr '\\n' ' ')\\"}"\n""")
    spy.chmod(0o700)
    monkeypatch.setenv("SECRET_KEY", "canary")
    monkeypatch.setattr(sys, "executable", str(spy))
    assert set(read(b"Hello", "text").text.split()) <= {
        "PYTHONPATH",
        "PYTHONIOENCODING",
        "LANG",
        "PWD",
        "OLDPWD",
        "SHLVL",
        "_",
    }


def test_picture_that_was_written_here_is_not_written_again(read: Reader) -> None:
    noise = Image.effect_noise((300, 200), 80).convert("RGB")
    for form, media_type in (("JPEG", "image/jpeg"), ("PNG", "image/png")):
        given = BytesIO()
        noise.save(given, form, **({"quality": 95} if form == "JPEG" else {}))
        once = read(given.getvalue(), "picture")
        assert once.media_type == media_type
        assert read(once.data, "picture").data == once.data


@pytest.mark.parametrize("marker", [b"\xff\xfe", b"\xff\xe1", b"\xff\xe0", b"\xff\xf0"])
def test_nothing_hides_in_a_picture_that_looks_as_if_it_was_written_here(read: Reader, marker: bytes) -> None:
    ours = read(samples.picture("JPEG"), "picture").data
    hidden = marker + (len(b"secret") + 2).to_bytes(2, "big") + b"secret"
    for given in (ours[:2] + hidden + ours[2:], ours + b"secret", ours[:-2] + b"\xff\xd9secret\xff\xd9"):
        try:
            assert b"secret" not in read(given, "picture").data
        except Unread:
            continue  # it is not even a picture then
