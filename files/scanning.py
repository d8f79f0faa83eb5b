"""Asks a virus scanner about what arrived, where an operator named one (``SCAN_COMMAND``).

The command gets the file's path as its last word and answers as ClamAV's do: 0 for clean, 1 for infected. Any other
end, or none in time, is no answer: then ``SCAN_FAIL`` decides, closed by default.
"""

from __future__ import annotations

import logging
import subprocess
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _

from chatproject.errors import BadRequest, Unavailable

if TYPE_CHECKING:
    from pathlib import Path

logger = logging.getLogger(__name__)

SECONDS = 30
CLEAN, INFECTED = 0, 1


class Infected(BadRequest):
    code = "infected_file"


def scan(path: Path, name: str) -> None:
    """Raise Infected, or Unavailable where nobody answers and that counts as a no."""
    if not settings.SCAN_COMMAND:
        return
    answer = _ask([*settings.SCAN_COMMAND, str(path)])
    if answer == INFECTED:
        logger.warning("The scanner refused a file (%s).", path.name)
        raise Infected(_("%(name)s was refused by the virus scanner. It was not attached.") % {"name": name})
    if answer != CLEAN:
        logger.error("The scanner did not answer (%s).", answer)
        if settings.SCAN_FAIL == "closed":
            raise Unavailable(_("Files cannot be checked for viruses at the moment. Please try again later."))


def _ask(command: list[str]) -> int | str:
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False)  # noqa: S603 - the operator's own words
    except (OSError, subprocess.TimeoutExpired) as error:
        return type(error).__name__
    return done.returncode
