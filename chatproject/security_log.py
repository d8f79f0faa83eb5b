"""The log of requests that are refused as suspicious: strangers can make as many of them as they like."""

from __future__ import annotations

import logging

from chatproject.text import one_line

SUSPICIOUS = "django.security."


class Refusals(logging.Filter):
    """Makes one line of WARNING of a refused request, which Django logs as an ERROR with its traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith(SUSPICIOUS) and record.levelno == logging.ERROR:
            record.levelno, record.levelname = logging.WARNING, logging.getLevelName(logging.WARNING)
            record.msg, record.args = one_line(record.getMessage()), ()
            record.exc_info = record.exc_text = None
        return True
