"""The secrets that the first start makes."""

from __future__ import annotations

import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from cryptography.fernet import Fernet

from chatproject import bootstrap
from tests.support.homes import ROOT

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def nothing_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in bootstrap.MAKERS:
        monkeypatch.setenv(name, "")


def secrets_in(folder: Path) -> dict[str, str]:
    lines = (folder / "var" / "secrets.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


def test_bootstrap_makes_usable_secrets_that_only_the_owner_reads(tmp_path: Path) -> None:
    bootstrap.main(tmp_path)
    made = secrets_in(tmp_path)
    assert set(made) == {"SECRET_KEY", "FIELD_ENCRYPTION_KEYS"}
    assert len(made["SECRET_KEY"]) >= 50
    assert Fernet(made["FIELD_ENCRYPTION_KEYS"])
    assert "$" not in "".join(made.values())
    assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "var" / "secrets.env").stat().st_mode) == 0o600


def test_bootstrap_keeps_what_exists_and_adds_what_is_missing(tmp_path: Path) -> None:
    bootstrap.main(tmp_path)
    first = secrets_in(tmp_path)
    bootstrap.main(tmp_path)
    assert secrets_in(tmp_path) == first
    (tmp_path / "var" / "secrets.env").write_text(f"SECRET_KEY={first['SECRET_KEY']}\n")
    bootstrap.main(tmp_path)
    assert secrets_in(tmp_path)["SECRET_KEY"] == first["SECRET_KEY"]
    assert secrets_in(tmp_path)["FIELD_ENCRYPTION_KEYS"] != first["FIELD_ENCRYPTION_KEYS"]


def test_bootstrap_makes_nothing_that_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "from the environment")
    (tmp_path / ".env").write_text("FIELD_ENCRYPTION_KEYS='from the file'\n")
    bootstrap.main(tmp_path)
    assert not (tmp_path / "var" / "secrets.env").exists()


def test_bootstrap_takes_an_empty_value_as_not_given(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SECRET_KEY=\nFIELD_ENCRYPTION_KEYS=  # later\n")
    bootstrap.main(tmp_path)
    assert set(secrets_in(tmp_path)) == {"SECRET_KEY", "FIELD_ENCRYPTION_KEYS"}


def test_bootstraps_at_the_same_time_agree(tmp_path: Path) -> None:
    code = f"import pathlib; from chatproject.bootstrap import main; main(pathlib.Path({str(tmp_path)!r}))"
    processes = [subprocess.Popen([sys.executable, "-c", code], cwd=ROOT) for _ in range(8)]
    assert [process.wait(30) for process in processes] == [0] * 8
    assert len((tmp_path / "var" / "secrets.env").read_text().splitlines()) == 3
