#!/usr/bin/env python
"""The operators' command line."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatproject.settings")
    from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415 - after the settings module is named
    from django.core.management import execute_from_command_line  # noqa: PLC0415 - likewise

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"Not started: {error}")


if __name__ == "__main__":
    main()
