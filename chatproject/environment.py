"""Reads the environment and refuses nonsense with one clear line.

Order: the process's environment, then ``.env``, then ``var/secrets.env`` (written by ``bootstrap``
for secrets that nobody gave). A value that makes no sense raises ``ImproperlyConfigured`` with a sentence for
operators.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from providers.port import ProviderConfig

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
MINIMUM_SECRET_LENGTH = 50
env = environ.Env()


def read_files(base: Path) -> None:
    for path in (base / ".env", base / "var" / "secrets.env"):
        if path.is_file():
            env.read_env(str(path))


def text(name: str, default: str = "") -> str:
    value: str = env.str(name, default=default)
    return value.strip()


def flag(name: str, *, default: bool) -> bool:
    value = text(name, "true" if default else "false").lower()
    if value not in {"true", "false", "1", "0", "yes", "no", "on", "off"}:
        raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}.")
    return value in {"true", "1", "yes", "on"}


def choice(name: str, options: Sequence[str]) -> str:
    """Read one of ``options``; the first is the default."""
    value = text(name, options[0])
    if value not in options:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(options)}, not {value!r}.")
    return value


def items(name: str) -> list[str]:
    return [part.strip() for part in text(name).split(",") if part.strip()]


def secret_key() -> str:
    value = text("SECRET_KEY")
    if len(value) < MINIMUM_SECRET_LENGTH:
        raise ImproperlyConfigured(
            f"SECRET_KEY needs at least {MINIMUM_SECRET_LENGTH} characters; `make run` writes one, "
            "or set it yourself (see .env.example)."
        )
    return value


def field_encryption_keys() -> list[str]:
    keys = items("FIELD_ENCRYPTION_KEYS")
    if not keys:
        raise ImproperlyConfigured(
            "FIELD_ENCRYPTION_KEYS is empty; `make run` writes one (see .env.example)."
        )
    for key in keys:
        try:
            Fernet(key)
        except ValueError:
            raise ImproperlyConfigured(
                "FIELD_ENCRYPTION_KEYS holds something that is not a Fernet key (32 bytes, url-safe base64)."
            ) from None
    return keys


def rate(name: str, default: str) -> str:
    """Read a rate such as ``20/m``: a number per s, m, h or d."""
    value = text(name, default)
    if not re.fullmatch(r"[1-9]\d*/\d*[smhd]", value):
        raise ImproperlyConfigured(f"{name} must look like 20/m (per s, m, h or d), not {value!r}.")
    return value


def http_url(name: str, default: str = "") -> str:
    value = text(name, default).rstrip("/")
    if not value:
        return ""
    parts = _split(name, value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ImproperlyConfigured(
            f"{name} must be a web address such as https://example.org, not {value!r}."
        )
    return value


def _split(name: str, value: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 - reading the port is what validates it
    except ValueError:
        raise ImproperlyConfigured(f"{name} is not a web address: {value!r}.") from None
    return parts


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def public_url() -> str:
    """Read where people reach the site; plain http is only for this machine."""
    value = http_url("PUBLIC_URL", f"http://127.0.0.1:{text('PORT', '8000')}")
    parts = urlsplit(value)
    if parts.path or parts.query or parts.fragment or "@" in parts.netloc:
        raise ImproperlyConfigured(
            "PUBLIC_URL must be only a scheme and a host, such as https://chat.example.org."
        )
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ImproperlyConfigured(
            "PUBLIC_URL must start with https:// outside this machine: "
            "passwords and conversations would travel in the clear."
        )
    return value


def site_hosts(url: str) -> list[str]:
    host = urlsplit(url).hostname or ""
    own = LOOPBACK_NAMES if is_loopback(host) else (host,)
    further = items("ALLOWED_HOSTS")
    if "*" in further:
        raise ImproperlyConfigured(
            "ALLOWED_HOSTS must name the hosts; '*' would let any site pose as this one."
        )
    return [*own, *further]


def site_origins(url: str) -> list[str]:
    """List the full origins whose pages may post to us and open our socket."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    own = (
        [f"{parts.scheme}://{name}{port}" for name in LOOPBACK_NAMES]
        if is_loopback(parts.hostname or "")
        else [url]
    )
    further = items("CSRF_TRUSTED_ORIGINS")
    for origin in further:
        if "*" in origin or "://" not in origin:
            raise ImproperlyConfigured(f"CSRF_TRUSTED_ORIGINS must hold full origins, not {origin!r}.")
    return [*own, *further]


def database(default_path: Path) -> dict[str, Any]:
    """Read ``DATABASE_URL`` and add what each engine needs to behave under load.

    SQLite: WAL for readers beside one writer, IMMEDIATE so that read-then-write transactions queue instead of
    failing. PostgreSQL: a psycopg pool, because connections are handed back after every unit of work, and a
    statement time limit.
    """
    try:
        config: dict[str, Any] = env.db_url("DATABASE_URL", default=f"sqlite:///{default_path}")
    except (environ.ImproperlyConfigured, ValueError, KeyError):
        config = {}
    engine = config.get("ENGINE", "")
    if engine == "django.db.backends.sqlite3":
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 10,
            "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA foreign_keys=ON",
        }
    elif engine == "django.db.backends.postgresql":
        config["OPTIONS"] = {
            "pool": {"min_size": 2, "max_size": 24, "timeout": 10, "max_lifetime": 1800},
            "options": "-c statement_timeout=5s -c lock_timeout=5s",
        }
    else:
        raise ImproperlyConfigured("DATABASE_URL must be a postgres:// or sqlite:/// address.")
    return config


def redis_url() -> str:
    value = text("REDIS_URL")
    if value and urlsplit(value).scheme not in {"redis", "rediss", "unix"}:
        raise ImproperlyConfigured("REDIS_URL must start with redis://, rediss:// or unix://.")
    return value


def email() -> dict[str, Any]:
    """Read ``EMAIL_URL`` (``smtp+tls://user:password@host:587``); without it, mails go to the console."""
    try:
        return dict(env.email_url("EMAIL_URL", default="consolemail://"))
    except (environ.ImproperlyConfigured, ValueError, KeyError):
        raise ImproperlyConfigured("EMAIL_URL must look like smtp+tls://user:password@host:587.") from None


def providers() -> tuple[ProviderConfig, ...]:
    """Read who answers; empty means nobody was configured."""
    from providers.port import ProviderConfig  # noqa: PLC0415 - settings must load without the providers' imports

    found = []
    for provider_id, kind, label, default_url in (
        ("openai", "openai", "OpenAI", "https://api.openai.com/v1"),
        ("anthropic", "anthropic", "Anthropic", "https://api.anthropic.com"),
    ):
        prefix = provider_id.upper()
        if keys := tuple(items(f"{prefix}_API_KEY")):
            url = http_url(f"{prefix}_BASE_URL", default_url)
            found.append(
                ProviderConfig(provider_id=provider_id, kind=kind, label=label, base_url=url, api_keys=keys)
            )
    if url := http_url("LOCAL_BASE_URL"):
        keys = tuple(items("LOCAL_API_KEY"))
        found.append(
            ProviderConfig(provider_id="local", kind="openai", label="Local", base_url=url, api_keys=keys)
        )
    return tuple(found)
