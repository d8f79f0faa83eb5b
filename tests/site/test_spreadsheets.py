"""Cells that spreadsheets take for text, and that come back as they were."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatproject.spreadsheets import as_written, harmless

SIGNS = "=+-@＝＋－＠' \t\r\n;|,\"ab"


@pytest.mark.parametrize(
    "cell", ["=1", "+1", " =1", "＝1", "\t=1", "x;=HYPERLINK(1)", "x|@a", "x\n-1", "'=1", "''=1", "\tx", ";\t=", "' ='"]
)
def test_no_formula_begins_in_a_harmless_cell(cell: str) -> None:
    for separator in ",;|\t":
        rows = csv.reader(io.StringIO(harmless(cell), newline=""), delimiter=separator, quoting=csv.QUOTE_NONE)
        assert not [part for row in rows for part in row if part.lstrip()[:1] in {*"=+-@＝＋－＠"} and part.strip()]
    assert as_written(harmless(cell)) == cell


@pytest.mark.parametrize("cell", ["", "word", "it's", "'tis", "a-b", "1+1", "x; y", "c++"])
def test_ordinary_cells_stay_as_they_are(cell: str) -> None:
    assert harmless(cell) == as_written(cell) == cell


@given(st.text(alphabet=SIGNS, max_size=12))
def test_every_cell_comes_back_as_it_was(cell: str) -> None:
    assert as_written(harmless(cell)) == cell
