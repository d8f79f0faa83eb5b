"""What operators may set, and how nonsense is refused."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ImproperlyConfigured

from chatproject import environment
from tests.support.homes import ROOT, SECRETS, variables

if TYPE_CHECKING:
    from collections.abc import Callable

NONSENSE = {
    "SECRET_KEY": ["short"],
    "FIELD_ENCRYPTION_KEYS": ["not a key", SECRETS["FIELD_ENCRYPTION_KEYS"] + ",x"],
    "DEBUG": ["maybe"],
    "SIGNUP": ["everybody", "OPEN"],
    "EMAIL_VERIFICATION": ["optional"],
    "SHARING": ["maybe"],
    "PUBLIC_URL": ["http://chat.example.org", "ftp://x", "https://", "https://a/b", "https://a:port", "https://u@a"],
    "ALLOWED_HOSTS": ["*", "a.example,*"],
    "CSRF_TRUSTED_ORIGINS": ["chat.example.org", "https://*.example.org", "https://a.example/path", "ftp://a"],
    "PORT": ["http", "0", "65536", "-1", "8000.5"],
    "DATABASE_URL": ["mysql://u:p@h/d", "chat.sqlite3", "postgres//x", "postgres://u:p@h:port/d"],
    "REDIS_URL": ["localhost:6379", "http://localhost"],
    "RATE_LIMIT_MESSAGES": ["20", "abc", "0/m", "20/fortnight", "many/m", "-5/m", "5/0m", "2.5/m", "²/m", "20/m/m"],
    "RATE_LIMIT_FRAMES": ["0/10s", "30/0s"],
    "RATE_LIMIT_UPLOADS": ["abc", "0/m"],
    "MAX_SOCKETS": ["0", "-1", "ten", "2.5", "1e3", "1001", "²"],
    "EMAIL_URL": ["mail.example.org"],
    "OPENAI_BASE_URL": ["api.openai.com", "file:///etc"],
    "OPENAI_API_KEY": ["sk-one two", "sk-one,sk\ttwo", "sk-one\u200b", "sk-\x07"],
    "LOCAL_BASE_URL": ["localhost:11434"],
    "MODERATION_URL": ["api.openai.com/v1"],
    "MODERATION_KEY": ["sk-one two", "sk-one,sk-two"],
    "MODERATION_FAIL": ["shut"],
    "FILES_PER_PERSON": ["0", "many"],
    "SCAN_COMMAND": ["clamdscan 'quoted"],
    "SCAN_FAIL": ["shut"],
    "LOG_LEVEL": ["LOUD"],
}
READERS: dict[str, Callable[[], object]] = {
    "SECRET_KEY": environment.secret_key,
    "FIELD_ENCRYPTION_KEYS": environment.field_encryption_keys,
    "DEBUG": lambda: environment.debug("http://localhost"),
    "SIGNUP": lambda: environment.choice("SIGNUP", ("open", "invite", "closed")),
    "EMAIL_VERIFICATION": lambda: environment.choice("EMAIL_VERIFICATION", ("none", "mandatory")),
    "SHARING": lambda: environment.choice("SHARING", ("on", "off")),
    "PUBLIC_URL": environment.public_url,
    "ALLOWED_HOSTS": lambda: environment.site_hosts("https://a.example"),
    "CSRF_TRUSTED_ORIGINS": lambda: environment.site_origins("https://a.example"),
    "PORT": lambda: environment.port("PORT", 8000),
    "DATABASE_URL": lambda: environment.database(ROOT),
    "REDIS_URL": environment.redis_url,
    "RATE_LIMIT_MESSAGES": lambda: environment.rate("RATE_LIMIT_MESSAGES", "20/m"),
    "RATE_LIMIT_FRAMES": lambda: environment.rate("RATE_LIMIT_FRAMES", "30/10s"),
    "RATE_LIMIT_UPLOADS": lambda: environment.rate("RATE_LIMIT_UPLOADS", "20/m"),
    "MAX_SOCKETS": lambda: environment.count("MAX_SOCKETS", 10),
    "EMAIL_URL": environment.email,
    "OPENAI_BASE_URL": environment.providers,
    "OPENAI_API_KEY": environment.providers,
    "LOCAL_BASE_URL": environment.providers,
    "MODERATION_URL": lambda: environment.http_url("MODERATION_URL"),
    "MODERATION_KEY": lambda: environment.api_key("MODERATION_KEY"),
    "MODERATION_FAIL": lambda: environment.choice("MODERATION_FAIL", ("open", "closed")),
    "FILES_PER_PERSON": lambda: environment.count("FILES_PER_PERSON", 1000),
    "SCAN_COMMAND": lambda: environment.command("SCAN_COMMAND"),
    "SCAN_FAIL": lambda: environment.choice("SCAN_FAIL", ("closed", "open")),
    "LOG_LEVEL": lambda: environment.choice("LOG_LEVEL", ("INFO", "DEBUG")),
}


def run_manage(*arguments: str, **further: str) -> subprocess.CompletedProcess[str]:
    clean = {**os.environ, **dict.fromkeys(variables(), ""), **SECRETS}
    variables_given = {**clean, "DJANGO_SETTINGS_MODULE": "chatproject.settings", **further}
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=variables_given, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in NONSENSE.items() for value in values])
def test_nonsense_is_refused_by_name(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured) as refusal:
        READERS[name]()
    assert name in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "short"),
        ("PUBLIC_URL", "http://chat.example.org"),
        ("ALLOWED_HOSTS", "*"),
        ("RATE_LIMIT_MESSAGES", "0/m"),
        ("RATE_LIMIT_FRAMES", "0/10s"),
        ("RATE_LIMIT_LOGIN", "abc"),
        ("RATE_LIMIT_SIGNUP", "0/m"),
        ("RATE_LIMIT_PASSWORD_RESET", "abc"),
        ("RATE_LIMIT_UPLOADS", "abc"),
        ("MAX_RUNNING_REPLIES", "abc"),
        ("TITLE_MODEL", "gpt"),
    ],
)
def test_serve_refuses_nonsense_with_one_line(name: str, value: str) -> None:
    result = run_manage("manage.py", "serve", **{name: value})
    assert result.returncode != 0
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("Not started: ")
    assert name in result.stderr


def test_debug_is_refused_on_a_public_site() -> None:
    result = run_manage("manage.py", "check", DEBUG="true", PUBLIC_URL="https://chat.example.org")
    assert result.returncode != 0
    assert result.stderr.startswith("Not started: DEBUG ")


def test_uvicorn_refuses_nonsense_with_one_line() -> None:
    result = run_manage("-m", "uvicorn", "chatproject.asgi:application", "--port", "1", SECRET_KEY="short")
    assert result.returncode == 3
    assert "Not started: SECRET_KEY" in result.stderr
    assert "Traceback" not in result.stderr


def test_public_site_passes_the_deployment_checks() -> None:
    result = run_manage("manage.py", "check", "--deploy", "--fail-level", "WARNING", PUBLIC_URL="https://a.example")
    assert result.returncode == 0, result.stderr


def test_empty_is_as_if_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNUP", " ")
    assert environment.choice("SIGNUP", ("open", "closed")) == "open"


def test_secret_may_start_with_a_dollar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "$" + "x" * 60)
    assert environment.secret_key() == "$" + "x" * 60


def test_origins_are_written_as_browsers_write_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSRF_TRUSTED_ORIGINS", "https://Other.example:443, http://third.example:8080")
    found = environment.site_origins("https://chat.example.org:443")
    assert found == ["https://chat.example.org", "https://other.example", "http://third.example:8080"]


def test_loopback_has_all_its_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8123")
    monkeypatch.delenv("PUBLIC_URL")
    url = environment.public_url()
    assert environment.site_origins(url) == [
        "http://127.0.0.1:8123",
        "http://localhost:8123",
        "http://[::1]:8123",
    ]
    assert environment.site_hosts(url) == ["127.0.0.1", "localhost", "[::1]"]


def test_providers_are_named_by_a_key_or_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    assert environment.providers() == ()
    monkeypatch.setenv("OPENAI_BASE_URL", "https://proxy.example/v1/")
    (openai,) = environment.providers()
    assert (openai.base_url, openai.api_keys) == ("https://proxy.example/v1", ())
    monkeypatch.setenv("OPENAI_API_KEY", "sk-one, sk-two")
    monkeypatch.setenv("LOCAL_BASE_URL", "http://127.0.0.1:11434/v1")
    openai, local = environment.providers()
    assert (openai.base_url, openai.api_keys) == ("https://proxy.example/v1", ("sk-one", "sk-two"))
    assert (local.provider_id, local.kind, local.api_keys) == ("local", "openai", ())


def test_postgres_is_never_waited_for_without_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://u:p@h/d")
    options = environment.database(ROOT)["OPTIONS"]
    limits = {"connect_timeout": 5, "tcp_user_timeout": 10_000, "options": "-c statement_timeout=5s -c lock_timeout=5s"}
    assert {name: options[name] for name in limits} == limits
    assert options["pool"]["timeout"] == 10


def test_example_names_every_variable_with_its_default() -> None:
    code = (
        "import json; import chatproject.settings; from chatproject.environment import defaults;"
        "print(json.dumps(defaults))"
    )
    result = run_manage("-c", code)
    assert result.returncode == 0, result.stderr
    read = json.loads(result.stdout)
    written = dict(re.findall(r"^# ([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert written == read
