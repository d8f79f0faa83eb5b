"""Reads the environment and refuses nonsense with one clear line.

Order: the process's environment, then ``.env``, then ``var/secrets.env`` (written by ``bootstrap``
for secrets that nobody gave). A value that makes no sense raises ``ImproperlyConfigured`` with a sentence for
operators.
"""

from __future__ import annotations

import os
import re
import shlex
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
GENERATED = ("SECRET_KEY", "FIELD_ENCRYPTION_KEYS")
MAX_PORT = 65535
MAX_COUNT = 1000
DEFAULT_PORTS = {"http": 80, "https": 443}
env = environ.Env()
defaults: dict[str, str] = {}
"""Each variable that was asked for, with its default; .env.example is compared with it."""


def read_files(base: Path) -> None:
    for path in (base / ".env", base / "var" / "secrets.env"):
        for name in GENERATED:
            if not text(name):
                os.environ.pop(name, None)  # empty is as if not given, so that the next file may give it
        if path.is_file():
            env.read_env(str(path))


def text(name: str, default: str = "") -> str:
    """Read a value as it stands; environ's own reader takes a leading ``$`` for a reference."""
    defaults[name] = default
    return os.environ.get(name, "").strip() or default


def is_given(name: str) -> bool:
    return bool(os.environ.get(name, "").strip())


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


def port(name: str, default: int) -> int:
    value = text(name, str(default))
    if not value.isdecimal() or not 0 < int(value) <= MAX_PORT:
        raise ImproperlyConfigured(f"{name} must be a port from 1 to {MAX_PORT}, not {value!r}.")
    return int(value)


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
        raise ImproperlyConfigured("FIELD_ENCRYPTION_KEYS is empty; `make run` writes one (see .env.example).")
    for key in keys:
        try:
            Fernet(key)
        except ValueError:
            raise ImproperlyConfigured(
                "FIELD_ENCRYPTION_KEYS holds something that is not a Fernet key (32 bytes, url-safe base64)."
            ) from None
    return keys


def rate(name: str, default: str) -> str:
    """Read a rate such as ``20/m`` or ``30/10s``: a number per s, m, h or d, or several of them."""
    value = text(name, default)
    if not re.fullmatch(r"[1-9][0-9]{0,8}/([1-9][0-9]{0,4})?[smhd]", value):
        raise ImproperlyConfigured(f"{name} must look like 20/m or 30/10s (per s, m, h or d), not {value!r}.")
    return value


def count(name: str, default: int) -> int:
    value = text(name, str(default))
    if not re.fullmatch(r"[0-9]{1,4}", value) or not 0 < int(value) <= MAX_COUNT:
        raise ImproperlyConfigured(f"{name} must be a whole number from 1 to {MAX_COUNT}, not {value!r}.")
    return int(value)


def title_model() -> str:
    """Read who names conversations: who answered (``own``), nobody (``none``), or the model of this id."""
    value = text("TITLE_MODEL", "own")
    if value not in {"own", "none"} and not all(value.partition("/")):
        raise ImproperlyConfigured(f"TITLE_MODEL must be own, none, or a model such as openai/gpt-5.5, not {value!r}.")
    return value


def command(name: str) -> list[str]:
    """Read a program and its words, as a shell would split them; empty means none."""
    try:
        return shlex.split(text(name))
    except ValueError:
        raise ImproperlyConfigured(f"{name} has a quote without its partner.") from None


def http_url(name: str, default: str = "") -> str:
    value = text(name, default).rstrip("/")
    if not value:
        return ""
    parts = _split(name, value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ImproperlyConfigured(f"{name} must be a web address such as https://example.org, not {value!r}.")
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
    value = http_url("PUBLIC_URL", f"http://127.0.0.1:{port('PORT', 8000)}")
    parts = urlsplit(value)
    if parts.path or parts.query or parts.fragment or "@" in parts.netloc:
        raise ImproperlyConfigured("PUBLIC_URL must be only a scheme and a host, such as https://chat.example.org.")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ImproperlyConfigured(
            "PUBLIC_URL must start with https:// outside this machine: "
            "passwords and conversations would travel in the clear."
        )
    return value


def debug(url: str) -> bool:
    """Read ``DEBUG``; its pages show the inside, so it is for this machine only."""
    value = flag("DEBUG", default=False)
    if value and not is_loopback(urlsplit(url).hostname or ""):
        raise ImproperlyConfigured("DEBUG shows the inside of errors to everybody; leave it off on a public site.")
    return value


def site_hosts(url: str) -> list[str]:
    host = urlsplit(url).hostname or ""
    own = LOOPBACK_NAMES if is_loopback(host) else (host,)
    further = items("ALLOWED_HOSTS")
    if "*" in further:
        raise ImproperlyConfigured("ALLOWED_HOSTS must name the hosts; '*' would let any site pose as this one.")
    return [*own, *further]


def site_origins(url: str) -> list[str]:
    """List the full origins whose pages may post to us and open our socket, as browsers write them."""
    parts = urlsplit(url)
    suffix = f":{parts.port}" if parts.port else ""
    names = LOOPBACK_NAMES if is_loopback(parts.hostname or "") else (parts.netloc.removesuffix(suffix),)
    own = [f"{parts.scheme}://{name}{suffix}" for name in names]
    return [_origin("PUBLIC_URL", url) for url in own] + [
        _origin("CSRF_TRUSTED_ORIGINS", origin) for origin in items("CSRF_TRUSTED_ORIGINS")
    ]


def _origin(name: str, value: str) -> str:
    parts = _split(name, value)
    is_plain = parts.scheme in DEFAULT_PORTS and parts.hostname and value == f"{parts.scheme}://{parts.netloc}"
    if not is_plain or "*" in value or "@" in value:
        raise ImproperlyConfigured(f"{name} must hold full origins such as https://chat.example.org, not {value!r}.")
    default = f":{DEFAULT_PORTS[parts.scheme]}"
    return f"{parts.scheme}://{parts.netloc.lower().removesuffix(default)}"


def database(base: Path) -> dict[str, Any]:
    """Read ``DATABASE_URL`` and add what each engine needs to behave under load.

    SQLite: WAL for readers beside one writer, IMMEDIATE so that read-then-write transactions queue instead of
    failing. PostgreSQL: a psycopg pool, because connections are handed back after every unit of work, a
    statement time limit, and a limit for a server that has gone without a word, which would hold our few threads.
    """
    value = text("DATABASE_URL", "sqlite:///var/chat.sqlite3")
    if not value.startswith(("sqlite:///", "postgres://", "postgresql://")):
        raise ImproperlyConfigured("DATABASE_URL must be a postgres:// or sqlite:/// address.")
    try:
        config: dict[str, Any] = env.db_url_config(value)
    except ValueError:
        raise ImproperlyConfigured("DATABASE_URL could not be read; is everything in it quoted?") from None
    if value.startswith("sqlite:"):
        config["NAME"] = str(base / config["NAME"])
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 10,
            "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA foreign_keys=ON",
        }
    else:
        config["OPTIONS"] = {
            "pool": {"min_size": 2, "max_size": 24, "timeout": 10, "max_lifetime": 1800},
            "options": "-c statement_timeout=5s -c lock_timeout=5s",
            "connect_timeout": 5,
            "tcp_user_timeout": 10_000,
        }
    return config


def redis_url() -> str:
    value = text("REDIS_URL")
    if value and urlsplit(value).scheme not in {"redis", "rediss", "unix"}:
        raise ImproperlyConfigured("REDIS_URL must start with redis://, rediss:// or unix://.")
    return value


def email() -> dict[str, Any]:
    """Read ``EMAIL_URL`` (``smtp+tls://user:password@host:587``); without it, mails go to the console."""
    try:
        return dict(env.email_url_config(text("EMAIL_URL", "consolemail://")))
    except (environ.ImproperlyConfigured, ValueError, KeyError):
        raise ImproperlyConfigured("EMAIL_URL must look like smtp+tls://user:password@host:587.") from None


def api_keys(name: str) -> tuple[str, ...]:
    """Read keys; each is one word, and what is not one of them was copied wrongly."""
    keys = tuple(dict.fromkeys(items(name)))
    if any(not key.isprintable() or " " in key or not key.isascii() for key in keys):
        raise ImproperlyConfigured(f"{name} holds a key with a space or another character that no key has.")
    return keys


def api_key(name: str) -> str:
    keys = api_keys(name)
    if len(keys) > 1:
        raise ImproperlyConfigured(f"{name} takes one key, not several.")
    return keys[0] if keys else ""


def providers() -> tuple[ProviderConfig, ...]:
    """Read who answers; empty means nobody was configured. Only a local server may do without a key.

    Where only an address is given, keys that are added later are for that address.
    """
    from providers.port import ProviderConfig  # noqa: PLC0415 - settings must load without the providers' imports

    configs = [
        ProviderConfig(
            provider_id=provider_id,
            kind=kind,
            label=label,
            base_url=http_url(f"{provider_id.upper()}_BASE_URL", default_url),
            api_keys=api_keys(f"{provider_id.upper()}_API_KEY"),
        )
        for provider_id, kind, label, default_url in (
            ("openai", "openai", "OpenAI", "https://api.openai.com/v1"),
            ("anthropic", "anthropic", "Anthropic", "https://api.anthropic.com"),
            ("local", "openai", "Local", ""),
        )
    ]
    addresses = {config.provider_id: f"{config.provider_id.upper()}_BASE_URL" for config in configs}
    return tuple(one for one in configs if one.base_url and (one.api_keys or is_given(addresses[one.provider_id])))
