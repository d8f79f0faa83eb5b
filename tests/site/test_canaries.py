"""Secrets are shown to nobody: marked ones are planted wherever a secret can stand, then everything is looked at."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin, urlsplit

import pytest
from cryptography.fernet import Fernet
from django.contrib.admin import site
from django.urls import reverse

from accounts.models import ApiToken, User
from providers.models import ApiKey
from tests.support.server import MODEL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.fake_provider import FakeProviderProcess
    from tests.support.people import Person
    from tests.support.server import Answer, Server

FIELD_KEYS = [Fernet.generate_key().decode() for _ in range(2)]
SECRETS = {
    "OPENAI_API_KEY": "sk-canary-openai-first-0001,sk-canary-openai-second-0002",
    "ANTHROPIC_API_KEY": "sk-canary-anthropic-0003",
    "LOCAL_API_KEY": "sk-canary-local-0004",
    "EMAIL_URL": "smtp://sender:canary-of-the-mail@127.0.0.1:9",
    "FIELD_ENCRYPTION_KEYS": ",".join(FIELD_KEYS),
}
COMMANDS = ("check_keys", "list_keys", "add_key openai --label empty", "retire_key 999", "rotate_keys --check")
PROGRAMS = ("/api/me", "/api/nothing-here", "/api/docs", "/v1/models", "/v1/nothing-here", "/accounts/settings/tokens/")
STORED = "sk-canary-stored-0005"
LINK = re.compile(r"""\s(?:href|src|action)="([^"#]+)""")
MOST_PAGES, MOST_QUERIES = 500, 3
UNSAFE = re.compile(r"^/(static/|accounts/logout|admin/logout|admin/jsi18n)")


@pytest.fixture
def guarded(fresh_server: Callable[..., Server], fake: FakeProviderProcess) -> Server:
    """Give a server full of secrets: of the environment, stored, refused, and told back by a provider's error."""
    server = fresh_server(LOCAL_BASE_URL=fake.base_url, **SECRETS)
    server.start()
    server.manage("add_key", "openai", "--label", "stored", text=STORED)
    return server


def secrets_of(server: Server, tokens: list[str], *people: Person) -> list[str]:
    """List what nobody may be shown, as it stands and as it would stand in an address."""
    with server.database():
        sealed = list(ApiKey.objects.exclude(ciphertext="").values_list("ciphertext", flat=True))
        hashes = list(User.objects.values_list("password", flat=True))
        hashes += ApiToken.objects.values_list("token_hash", flat=True)
    keys = [key for value in SECRETS.values() for key in value.split(",") if "://" not in key]
    keys.append(server.environment["SECRET_KEY"])
    sessions = [person.session_key for person in people]
    assert sealed
    plain = [*keys, "canary", STORED, *sealed, *hashes, *sessions, *tokens]
    return [*plain, *(quote(one, safe="") for one in plain)]


def crawl(server: Server, person: Person | None) -> Iterator[tuple[str, str]]:
    """Give every page that links lead to, with what its answer holds, headers included."""
    waiting, seen = ["/", "/admin/", "/models/", "/accounts/login/", "/nothing-here/"], Counter[str]()
    while waiting and len(seen) < MOST_PAGES:
        path = waiting.pop(0)
        page = path.partition("?")[0]
        if seen[page] == MOST_QUERIES or UNSAFE.match(path):
            continue
        seen[page] += 1
        answer = server.get(path, person)
        yield path, answer.body.decode(errors="replace") + repr(answer.headers)
        links = LINK.findall(answer.text) if "html" in answer.headers.get("content-type", "") else []
        links.append(answer.headers.get("location", ""))
        waiting += [here for link in links if link and (here := local_path(server, path, link))]


def local_path(server: Server, page: str, link: str) -> str:
    parts = urlsplit(urljoin(server.url + page, link.replace("&amp;", "&")))
    is_here = f"{parts.scheme}://{parts.netloc}" == server.url
    return parts.path + (f"?{parts.query}" if parts.query else "") if is_here else ""


async def test_no_secret_is_shown_to_anybody_anywhere(guarded: Server, fake: FakeProviderProcess) -> None:
    alice, operator = guarded.sign_up(), guarded.sign_up("operator", is_staff=True, is_superuser=True)
    tokens = [guarded.give_token(person) for person in (alice, operator)]
    answers = [use(guarded, token, path) for token in tokens for path in PROGRAMS]
    frames: list[dict[str, Any]] = []
    for status in (400, 500, 401):
        fake.script(
            status=status, message=f"Incorrect API key provided: {STORED} {SECRETS['ANTHROPIC_API_KEY']}", times=9
        )
        for model in (MODEL, "anthropic/fake-echo", "local/fake-echo"):
            frames += await conversation(guarded, alice, model)
        fake.reset()
    commands = [run(guarded, *line.split()) for line in COMMANDS]
    frames += await conversation(guarded, operator, MODEL)
    shown = {f"{who} {path}": text for who, path, text in everything(guarded, alice, operator)}
    shown |= {"frames": repr(frames), "log": guarded.log, "commands": repr(commands), "programs": repr(answers)}
    tables = (model._meta for model in site._registry)
    lists = {f"operator {reverse(f'admin:{one.app_label}_{one.model_name}_changelist')}" for one in tables}
    assert lists <= shown.keys()
    found = {
        where: secret
        for secret in secrets_of(guarded, tokens, alice, operator)
        for where, text in shown.items()
        if secret in text
    }
    assert found == {}


def use(server: Server, token: str, path: str) -> Answer:
    """Ask as a program does; the second time with a token that was cut when it was copied."""
    server.get(path, Authorization=f"Bearer {token[:-1]}")
    return server.get(path, Authorization=f"Bearer {token}")


def run(server: Server, *arguments: str) -> tuple[str, str]:
    """Give what a command says, also one that complains."""
    try:
        done = server.manage(*arguments)
    except subprocess.CalledProcessError as error:
        return error.stdout, error.stderr
    return done.stdout, done.stderr


def everything(server: Server, alice: Person, operator: Person) -> Iterator[tuple[str, str, str]]:
    for who, person in {"nobody": None, "alice": alice, "operator": operator}.items():
        for path, text in crawl(server, person):
            yield who, path, text


async def conversation(server: Server, person: Person, model: str) -> list[dict[str, Any]]:
    """Ask once; return every frame that came."""
    async with server.connect(person) as socket:
        asked = await socket.ask("What is the key?", model)
        await socket.receive("reply.finished", where=lambda frame: frame["reply"] == asked["reply"])
        return socket.frames
