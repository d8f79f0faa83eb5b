"""The site as an application: what browsers are told of it, and the one page that they keep."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from conversations.models import Conversation

if TYPE_CHECKING:
    from accounts.models import User
    from tests.support.server import Server

SCRIPT = "/service-worker.js"


def test_manifest_names_what_is_there(server: Server) -> None:
    told = server.get("/manifest.webmanifest")
    assert told.headers["content-type"] == "application/manifest+json"
    manifest = told.json()
    assert (manifest["name"], manifest["display"], manifest["start_url"]) == ("Chat", "standalone", "/")
    assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}
    for icon in manifest["icons"]:
        assert server.get(icon["src"]).headers["content-type"] == "image/png"
    assert [server.get(one["url"]).status for one in manifest["shortcuts"]] == [302, 302]  # to the entrance


def test_worker_keeps_the_offline_page_and_what_it_is_drawn_with(server: Server) -> None:
    worker = server.get(SCRIPT)
    assert worker.headers["content-type"].startswith("text/javascript")
    assert "no-store" in worker.headers["cache-control"]
    files = re.findall(r'"(/static/[^"]+)"', worker.text)
    assert files
    for address in files:
        assert server.get(address).status == 200, address
    page = server.get("/offline/").text
    assert set(files) == set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page))


@pytest.mark.django_db
def test_what_is_kept_knows_nobody(alice: User) -> None:
    Conversation.objects.create(user=alice, title="A secret talk", updated_at="2026-01-01T00:00Z")
    alice.theme = "dark"
    alice.name = "Alice Somebody"
    alice.save()
    client = Client()
    client.force_login(alice)
    for address in ("/offline/", SCRIPT, "/manifest.webmanifest"):
        mine = client.get(address).content.decode()
        assert mine == Client().get(address).content.decode(), address
        assert "Alice" not in mine, address
