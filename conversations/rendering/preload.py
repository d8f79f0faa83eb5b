"""Imported by the fork server, and by nothing else: what every worker then has from its first moment, in shared memory.

It renders once, because the patterns compile and the common lexers load on first use.
"""

from __future__ import annotations

import gc
from multiprocessing import spawn

from .answers import render_answer
from .highlight import render_code
from .questions import render_question

_LANGUAGES = ("python", "javascript", "typescript", "bash", "json", "html", "sql")


def _ignore_main(_main: str) -> None:
    """Do nothing: a worker runs no code of the program that started it, so it need not import its ``__main__``."""


for name in ("_fixup_main_from_path", "_fixup_main_from_name"):
    setattr(spawn, name, _ignore_main)
for language in _LANGUAGES:
    render_code("a = 'b'", language)
render_answer("# a\n\n- *b* `c` [d](https://example.com)\n\n| e |\n|---|\n| f |\n")
render_question("https://example.com")
gc.collect()
gc.freeze()
