"""The page about the API says what the schema says, to everybody, without scripts."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from django.test import Client

from api.application import api
from api.examples import example_of

pytestmark = pytest.mark.django_db


class Anchors(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.ids += [found["id"] or ""] if "id" in found else []
        self.links += [found["href"] or ""] if tag == "a" else []


@pytest.fixture
def page() -> str:
    answer = Client().get("/api/docs", headers={"Accept-Language": "de"})
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_operation_and_shape_is_on_the_page(page: str) -> None:
    seen = Anchors()
    seen.feed(page)
    names = {operation["operationId"] for path in api.schema["paths"].values() for operation in path.values()}
    shapes = {f"shape-{name}" for name, shape in api.schema["components"]["schemas"].items() if "properties" in shape}
    assert (names | shapes) - set(seen.ids) == set()
    assert len(set(seen.ids)) == len(seen.ids)


def test_no_link_of_the_page_leads_nowhere(page: str) -> None:
    seen = Anchors()
    seen.feed(page)
    inside = {link[1:] for link in seen.links if link.startswith("#")}
    assert inside - set(seen.ids) == set()
    assert {link for link in seen.links if "://" in link} == set()


def test_the_page_speaks_english_and_holds_no_markup_of_its_words(page: str) -> None:
    assert '<html lang="en"' in page
    assert "`" not in re.sub(r"<pre.*?</pre>", "", page, flags=re.DOTALL)


@pytest.mark.parametrize("name", ["accepted", "delta", "reasoning", "finished", "error"])
def test_the_page_says_what_each_event_holds(page: str, name: str) -> None:
    events = page[page.index('<h2 id="events">') : page.index('<h2 id="group-')]
    described = events[events.index(f"<code>{name}</code>") :]
    assert {"accepted": "replies", "delta": "offset", "reasoning": "offset"}.get(name, "#shape-") in described


@pytest.mark.parametrize("name", ["NewMessage", "NewFolder"])
def test_an_example_has_what_is_required(name: str) -> None:
    shapes = api.schema["components"]["schemas"]
    example = example_of(shapes[name], shapes)
    assert set(shapes[name].get("required", ())) <= set(example)
    assert all(example.values())
