"""Names this build, so that an open page can tell that the site has changed under it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def build_id(version: str, folder: Path) -> str:
    """Digest the version and every file in ``folder`` to 12 characters, equal on every machine."""
    digest = hashlib.sha256(version.encode())
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
