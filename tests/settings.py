"""The site's settings in the environment of a test process; see ``tests/support/homes.py``."""

from __future__ import annotations

from tests.support.homes import home, prepare

prepare()

from chatproject.settings import *  # noqa: E402, F403 - the environment comes first, and all of them count
from chatproject.settings import DATABASES, STORAGES  # noqa: E402

if home.name == "sqlite":
    # A file: threads do not share an in-memory database without locking each other out.
    DATABASES["default"]["TEST"] = {"NAME": str(home.folder / "test.sqlite3")}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
RATE_LIMIT_MESSAGES = RATE_LIMIT_FRAMES = RATE_LIMIT_UPLOADS = RATE_LIMIT_SEARCHES = "10000/s"
RATE_LIMIT_LOGIN = RATE_LIMIT_SIGNUP = RATE_LIMIT_PASSWORD_RESET = "10000/s"
RATE_LIMIT_FAILED_LOGINS_OF_ADDRESS = RATE_LIMIT_FAILED_LOGINS_OF_ACCOUNT = "10000/s"
MAX_SOCKETS = MAX_RUNNING_REPLIES = 1000
TITLE_MODEL = "none"
ACCOUNT_RATE_LIMITS = False  # type: ignore[assignment] # allauth takes both
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
