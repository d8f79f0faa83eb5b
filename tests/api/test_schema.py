"""The schema is true: schemathesis asks everything it allows, and everything it does not, and finds no lie."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from django.test import Client

from accounts.tokens import Scope
from api.application import api
from tests.support.homes import ROOT
from tests.support.tokens import make_token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.server import Server

PROGRAM = Path(sys.executable).with_name("schemathesis")
EXAMPLES = os.environ.get("SOAK_EXAMPLES", "2")
"""How many of each kind for each operation; ``make soak`` gives a hundred."""
MINUTES = 30


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in api.schema["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


@pytest.mark.once
def test_no_request_finds_the_schema_wrong_or_the_server_broken(server: Server, tmp_path: Path) -> None:
    person = server.sign_up("tester", is_staff=True, is_superuser=True)
    with server.database():
        token = make_token(person, *Scope)
    config, document = ROOT / "tests/api/schemathesis.toml", f"{server.url}/api/openapi.json"
    command = [str(PROGRAM), "--config-file", str(config), "run", document]
    command += ["--checks", "all", "--phases", "coverage,fuzzing,stateful", "--max-examples", EXAMPLES]
    command += ["--header", f"Authorization: Bearer {token}", "--suppress-health-check", "all", "--warnings", "off"]
    run = subprocess.run(command, check=False, cwd=tmp_path, capture_output=True, text=True, timeout=60 * MINUTES)
    assert run.returncode == 0, run.stdout + run.stderr
    assert f"Tested: {len(list(operations()))}" in run.stdout
    assert server.get("/healthz").status == 200


@pytest.mark.django_db
def test_the_document_is_served_to_everybody() -> None:
    answer = Client().get("/api/openapi.json")
    assert answer.status_code == 200
    assert answer.json() == orjson.loads(orjson.dumps(api.schema))


def test_every_operation_has_a_name_of_its_own_and_words() -> None:
    found = [operation for _method, _path, operation in operations()]
    names = [operation["operationId"] for operation in found]
    assert len(set(names)) == len(names)
    assert [one["operationId"] for one in found if not (one["summary"] and one.get("tags"))] == []
    assert [name for name in names if not re.fullmatch("[a-z]+(_[a-z]+)+|search", name)] == []


def test_every_operation_says_how_it_fails_and_who_may_ask() -> None:
    for method, path, operation in operations():
        assert {"400", "401", "403", "404", "429", "500", "503"} <= set(operation["responses"]), path
        assert operation["security"][0]["ByToken"], path
        headers = {one["name"] for one in operation["parameters"] if one["in"] == "header"}
        assert ("Idempotency-Key" in headers) == (method == "post"), path


ENDS = {
    "string": {"maxLength", "format", "enum", "const", "pattern"},
    "array": {"maxItems"},
    "integer": {"maximum"},
    "number": {"maximum"},
}


def endless(schema: dict[str, Any], where: str) -> Iterator[str]:
    """List what a schema of ours lets in without saying how long or large it may be."""
    if "$ref" in schema:
        yield from endless(api.schema["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], where)
    for kind in ("anyOf", "oneOf", "allOf"):
        for one in schema.get(kind, ()):
            yield from endless(one, where)
    if not ENDS.get(schema.get("type", ""), set(schema)) & set(schema):
        yield where
    for name, field in schema.get("properties", {}).items():
        yield from endless(field, f"{where}.{name}")
    yield from endless(schema.get("items", {}), f"{where}[]") if "items" in schema else ()


def test_every_text_list_and_number_that_comes_in_has_an_end() -> None:
    found: list[str] = []
    for method, path, operation in operations():
        contents = operation.get("requestBody", {}).get("content", {}).values()
        asked = {one["name"]: one["schema"] for one in operation["parameters"] if one["name"] != "If-Match"}
        for name, schema in (*asked.items(), *(("body", content["schema"]) for content in contents)):
            found += endless(schema, f"{method} {path} {name}")
    assert found == []
