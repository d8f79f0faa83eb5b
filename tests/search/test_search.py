"""What is found, by whom, in which order, and how it is shown."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conversations.models import Folder, Message, Role
from search import selectors
from search.models import Document, Title
from search.selectors import Cursor, Filters, read_cursor, search
from search.snippets import Part, make_snippet, mark_hits
from search.terms import read_terms
from tests.support.factories import make_conversation, make_message

if TYPE_CHECKING:
    from accounts.models import User
    from conversations.models import Conversation

ANY = Filters()
pytestmark = pytest.mark.django_db


@pytest.fixture
def talk(alice: User) -> Conversation:
    return make_conversation(alice, "A talk", model="demo/demo")


@pytest.fixture(params=[0, 1500], ids=["by index", "one by one"])
def walk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Ask the index for everything, or for nothing."""
    monkeypatch.setattr(selectors, "WALK", request.param)
    number: int = request.param
    return number


def found(user: User, query: str, filters: Filters = ANY) -> list[str]:
    return [hit.message.content for hit in search(user, read_terms(query), filters).messages]


def shown(parts: list[Part]) -> str:
    return "".join(f"[{part.text}]" if part.is_hit else part.text for part in parts)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("The quick brown fox", "QUICK"),
        ("The quick brown fox", "fox the"),
        ("The quick brown fox", '"quick brown"'),
        ("The quick\n  brown fox", '"quick brown"'),
        ("Schadenersatzforderung", "ersatz"),
        ("A café in Łódź", "cafe lodz"),
        ("A cafe in Lodz", "café łódź"),
        ("Die Straße", "STRASSE"),
        ("我喜欢北京的秋天", "北京"),
        ("我喜欢北京的秋天", "京"),
        ("東京都に住んでいます", "東京都"),
        ("ガギグゲゴ", "ギ"),
        ("안녕하세요 세계", "세계"),
        ("Ship it 🚀 now", "🚀"),
        ("A 👩\u200d💻 at work", "👩\u200d💻"),
        ("call get_user_by_id(3)", "user_by"),
        ("call getUserById(3)", "getuserbyid"),
        ("call getUserById(3)", "userby"),
        ("a.b() is called", "a.b()"),
        ("C# and R", "c#"),
        ("100% of \\n it's", "100% \\n it's"),
        ("x => y", "=>"),
        ("Go west", "go"),
        ("Ψυχή ΟΔΟΣ", "οδος"),
        ("مرحبا بالعالم", "بالعالم"),
    ],
)
def test_search_finds(alice: User, talk: Conversation, walk: int, text: str, query: str) -> None:
    make_message(talk, text)
    make_message(talk, "Nothing of it")
    assert found(alice, query) == [text]
    marked = shown(search(alice, read_terms(query)).messages[0].snippet)
    assert "[" in marked
    assert marked.replace("[", "").replace("]", "").split() == text.split()


@pytest.mark.parametrize("query", ["quick cat", '"brown quick"', "quickbrown", "北 海", "userby_", "'", "%", "_", "*"])
def test_search_finds_nothing_that_is_not_there(alice: User, talk: Conversation, walk: int, query: str) -> None:
    for text in ("The quick brown fox", "我喜欢北京的秋天", "get_userById".replace("_", "-")):
        make_message(talk, text)
    assert found(alice, query) == []


@pytest.mark.parametrize(
    "query", ['"" AND ( * - \\"', "AND", "(", "*", "-", '"', '""', "\\", "NEAR(", "a:*", "' OR 1=1 --"]
)
def test_operators_are_words_like_any_other(alice: User, talk: Conversation, walk: int, query: str) -> None:
    make_message(talk, "Nothing of it")
    assert found(alice, query) == []


def test_search_finds_only_ones_own(alice: User, bob: User, talk: Conversation, walk: int) -> None:
    make_message(talk, "A secret river")
    make_message(make_conversation(bob, "A river of bob"), "Another river")
    assert found(alice, "river") == ["A secret river"]
    assert [hit.conversation.title for hit in search(bob, ("river",)).titles] == ["A river of bob"]
    assert found(bob, "secret") == []


def test_search_leaves_out_what_is_deleted(alice: User, talk: Conversation, walk: int) -> None:
    gone = make_message(talk, "river one")
    make_message(talk, "river two")
    Message.objects.filter(pk=gone.pk).update(deleted_at=timezone.now())
    assert found(alice, "river") == ["river two"]
    talk.deleted_at = timezone.now()
    talk.title = "A river"
    talk.save()
    assert not search(alice, ("river",))


def test_search_finds_what_is_archived(alice: User, talk: Conversation) -> None:
    make_message(talk, "A river")
    talk.archived_at = timezone.now()
    talk.title = "Rivers"
    talk.save()
    assert found(alice, "river") == ["A river"]
    assert len(search(alice, ("river",)).titles) == 1


def test_temporary_talks_are_found_by_nobody(alice: User, walk: int) -> None:
    talk = make_conversation(alice, "A river", is_temporary=True)
    make_message(talk, "A river")
    assert not search(alice, ("river",))
    talk.delete()
    assert not Document.objects.exists()
    assert not Title.objects.exists()


def test_search_finds_titles_by_their_newest_name(alice: User, talk: Conversation) -> None:
    make_message(talk, "Words")
    talk.title = "Über <b>Flüsse</b>"
    talk.save()
    hit = search(alice, read_terms("flusse")).titles[0]
    assert shown(hit.title) == "Über <b>[Flüsse]</b>"
    assert search(alice, read_terms("talk")).titles == []


def test_filters_narrow(alice: User, talk: Conversation, walk: int) -> None:
    now = timezone.now()
    make_message(talk, "river asked", created_at=now - timedelta(days=3))
    make_message(talk, "river said", role=Role.ASSISTANT, model="demo/demo", created_at=now - timedelta(days=2))
    make_message(talk, "river other", role=Role.ASSISTANT, model="a/b", created_at=now)
    assert found(alice, "river", Filters(role="user")) == ["river asked"]
    assert found(alice, "river", Filters(role="assistant")) == ["river other", "river said"]
    assert found(alice, "river", Filters(model="a/b")) == ["river other"]
    assert found(alice, "river", Filters(since=now - timedelta(days=2))) == ["river other", "river said"]
    assert found(alice, "river", Filters(until=now - timedelta(days=2))) == ["river asked"]
    assert search(alice, ("talk",), Filters(role="user")).titles == []
    assert search(alice, ("talk",), Filters(model="a/b")).titles == []
    assert search(alice, ("talk",), Filters(model="demo/demo", since=now - timedelta(days=1))).titles


def test_folder_narrows_to_what_lies_in_it_or_below(alice: User, bob: User, talk: Conversation, walk: int) -> None:
    outer = Folder.objects.create(user=alice, name="Outer")
    inner = Folder.objects.create(user=alice, name="Inner", parent=outer)
    make_message(talk, "river outside")
    for folder in (outer, inner):
        make_message(make_conversation(alice, f"River {folder.name}", folder=folder), f"river {folder.name}")
    assert found(alice, "river", Filters(folder=str(outer.pk))) == ["river Inner", "river Outer"]
    assert found(alice, "river", Filters(folder=str(inner.pk))) == ["river Inner"]
    assert len(search(alice, ("river",), Filters(folder=str(inner.pk))).titles) == 1
    assert not search(bob, ("river",), Filters(folder=str(outer.pk)))


@pytest.mark.parametrize("walk", [0, 3, 7, 100])
def test_pages_give_every_hit_once_the_newest_first(
    alice: User, talk: Conversation, monkeypatch: pytest.MonkeyPatch, walk: int
) -> None:
    monkeypatch.setattr(selectors, "WALK", walk)
    now = timezone.now()
    # Half of them in the same moment, and none in the order in which they are stored.
    for number in range(20):
        make_message(talk, f"river {number}", created_at=now + timedelta(seconds=number * 7 % 20 // 2))
        make_message(talk, "stone", created_at=now + timedelta(seconds=number))
    pages, after = [], None
    while True:
        page = search(alice, ("river",), after=after, limit=6)
        assert page.titles == []
        pages.append([hit.message for hit in page.messages])
        after = page.after
        if not after:
            break
        assert read_cursor(str(after)) == after
    assert [len(page) for page in pages] == [6, 6, 6, 2]
    messages = [message for page in pages for message in page]
    assert len({message.pk for message in messages}) == 20
    moments = [message.document.at for message in messages]
    assert moments == sorted(moments, reverse=True)


@pytest.mark.parametrize("text", ["", "-", "1", "x-1", "1-x", "-1-1", "²-1", "9" * 18 + "-1", "9" * 40 + "-1"])
def test_cursors_that_are_none_begin_anew(text: str) -> None:
    assert read_cursor(text) is None


def test_cursor_of_a_far_time_finds_nothing(alice: User, talk: Conversation) -> None:
    make_message(talk, "river")
    first = read_cursor("0-1")
    assert isinstance(first, Cursor)
    assert search(alice, ("river",), after=first).messages == []


def test_message_is_found_once_its_answer_is_stored(alice: User, talk: Conversation) -> None:
    reply = make_message(talk, "", role=Role.ASSISTANT)
    assert found(alice, "answer") == []
    Message.objects.filter(pk=reply.pk).update(content="The answer")
    assert found(alice, "answer") == ["The answer"]


def test_query_count_does_not_grow(alice: User, talk: Conversation, django_assert_max_num_queries: object) -> None:
    for number in range(5):
        make_message(talk, f"river {number}")
    with django_assert_max_num_queries(3):  # type: ignore[operator]  # a fixture without types
        hits = search(alice, ("river",)).messages
        assert [hit.title for hit in hits] == ["A talk"] * 5
        assert all(hit.url.endswith(f"#m-{hit.message.pk}") for hit in hits)


@pytest.mark.redis  # with PostgreSQL
def test_index_is_asked_with_room_for_every_row(
    alice: User, talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors, "WALK", 0)
    make_message(talk, "One hit")
    with CaptureQueriesContext(connection) as asked:
        assert found(alice, "hit") == ["One hit"]
    said = [one["sql"] for one in asked.captured_queries]
    place = next(number for number, sql in enumerate(said) if "search_grams" in sql)
    assert "SET LOCAL work_mem" in said[place - 1]


def test_snippet_shows_the_hit_of_a_long_text() -> None:
    text = f"{'word ' * 5000}the needle is here {'word ' * 5000}"
    marked = shown(make_snippet(text, ("needle",)))
    assert "the [needle] is here" in marked
    assert marked.startswith("… word")
    assert marked.endswith("word …")
    assert len(marked) < 300


def test_snippet_shows_the_hit_of_a_long_text_of_other_letters() -> None:
    text = f"{'漢字é' * 9000}さがしもの{'漢字' * 9000}"
    assert "[さがしもの]" in shown(make_snippet(text, ("さがしもの",)))


@pytest.mark.parametrize(
    ("text", "terms", "marked"),
    [
        ("aaa", ("a", "aa"), "[aaa]"),
        ("Cafe\u0301 now", ("cafe",), "[Cafe\u0301] now"),
        ("Straße", ("strasse",), "[Straße]"),
        ("ﬁne", ("fi",), "[ﬁ]ne"),
        ("한국", ("한",), "[한]국"),
        ("ＡＢＣ", ("b",), "Ａ[Ｂ]Ｃ"),
        ("Straße", ("s",), "[S]tra[ß]e"),
        ("nothing", ("x",), "nothing"),
        ("nothing", (), "nothing"),
        ("<b>bold</b>", ("b>bold",), "<[b>bold]</b>"),
    ],
)
def test_hits_are_marked_in_the_words_as_they_were_written(text: str, terms: tuple[str, ...], marked: str) -> None:
    assert shown(mark_hits(text, terms)) == marked


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ("", ()),
        ('"" " "', ()),
        ("One  one ONE", ("one",)),
        ('say "a  B" c', ("say", "a b", "c")),
        ('"never closed', ("never closed",)),
        ('a"b c"d', ("a", "b c", "d")),
        (" ".join(str(number) for number in range(100)), tuple(str(number) for number in range(10))),
        ("x" * 1000, ("x" * 200,)),
    ],
)
def test_terms_are_read(query: str, terms: tuple[str, ...]) -> None:
    assert read_terms(query) == terms


def test_short_words_are_found_among_letters_of_other_scripts(alice: User, talk: Conversation, walk: int) -> None:
    """What the index has no pieces of is looked for in the texts."""
    make_message(talk, "Öl in C")
    make_message(talk, "Oil in C")
    assert found(alice, "in c") == ["Oil in C", "Öl in C"]
    assert found(alice, "l i") == ["Oil in C", "Öl in C"]
    assert found(alice, "öl") == ["Öl in C"]
