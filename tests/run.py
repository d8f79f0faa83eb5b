"""``make test``: the checks, then every test on SQLite, then what touches data again on PostgreSQL and Redis.

``make coverage`` runs the first half alone and measures it, with the servers that the tests of the site start; that
takes a quarter longer. The last lines say how many tests ran where.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.support.instances import find_program

ROOT = Path(__file__).resolve().parents[1]
MINIMUM_COVERAGE = 95
WORKERS = "3"
"""One more than the two cores that are promised: many tests wait for a server to start, end or be silent."""

PROGRAMS = {
    "postgres": "postgresql",
    "redis-server": "redis-server",
    "chromium": "chromium",
    "nginx": "nginx-light",
    "curl": "curl",
}
CHECKS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy",),
    ("django", "makemigrations", "--check", "--dry-run"),
    ("django", "check"),
)


@dataclass(frozen=True)
class Outcome:
    code: int
    counts: dict[str, int]

    def __str__(self) -> str:
        if not self.counts:
            return f"broken off (exit code {self.code})"
        ran = sum(number for name, number in self.counts.items() if name != "skipped")
        rest = [f"{number} {name}" for name, number in self.counts.items() if number and name != "passed"]
        return f"{ran} tests" + (f" ({', '.join(rest)})" if rest else "")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only-checks", action="store_true", help="lint, format, types and migrations only")
    parser.add_argument("--coverage", action="store_true", help="only the tests on SQLite, measured, with a gate")
    parser.add_argument("paths", nargs="*", help="only these tests")
    arguments = parser.parse_args()
    checked = [run_check(check) for check in CHECKS if not arguments.paths]
    if not all(checked):
        return 1
    if arguments.only_checks:
        return 0
    install_programs()
    if arguments.coverage:
        return 0 if measure_coverage(arguments.paths) else 1
    outcomes = {home: run_tests(home, arguments.paths) for home in ("sqlite", "postgres")}
    print(f"\nSQLite: {outcomes['sqlite']}\nPostgreSQL and Redis: {outcomes['postgres']}")
    return 1 if any(outcome.code for outcome in outcomes.values()) else 0


def run_check(check: tuple[str, ...]) -> bool:
    name, *arguments = check
    command = ["manage.py", *arguments] if name == "django" else ["-m", name, *arguments]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    result = subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, check=False)
    if result.returncode:
        print(f"Failed: {' '.join(check)}")
    return result.returncode == 0


def install_programs() -> None:
    """Install the servers and the browser that are missing, where that can be done; else say what is missing."""
    missing = [package for program, package in PROGRAMS.items() if not find_program(program)]
    if not missing:
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        print(f"Missing: {', '.join(missing)}. The tests that need them cannot run.")
        return
    print(f"Installing {', '.join(missing)} ...")
    quiet = ["apt-get", "-qq", "-o=Dpkg::Use-Pty=0"]
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *missing]):
        subprocess.run([*quiet, *command], check=True, stdout=subprocess.DEVNULL, env=environment)


def run_tests(home: str, paths: list[str], *, is_measured: bool = False) -> Outcome:
    print(f"\n=== {'SQLite' if home == 'sqlite' else 'PostgreSQL and Redis'} ===", flush=True)
    with tempfile.NamedTemporaryFile() as counts:
        environment = os.environ | {"TEST_HOME": home, "TEST_COUNTS": counts.name}
        measured = ("coverage", "run", "-m") if is_measured else ()
        command = [sys.executable, "-m", *measured, "pytest", "-q", "-n", WORKERS, "--dist", "worksteal", *paths]
        code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
        return Outcome(code, json.loads(counts.read() or "{}"))


def measure_coverage(paths: list[str]) -> bool:
    coverage = [sys.executable, "-m", "coverage"]
    subprocess.run([*coverage, "erase"], cwd=ROOT, check=True)
    outcome = run_tests("sqlite", paths, is_measured=True)
    subprocess.run([*coverage, "combine", "--quiet"], cwd=ROOT, check=False)
    report = [*coverage, "report", "--skip-covered", "--show-missing", f"--fail-under={MINIMUM_COVERAGE}"]
    return subprocess.run(report, cwd=ROOT, check=False).returncode == 0 and not outcome.code


if __name__ == "__main__":
    sys.exit(main())
