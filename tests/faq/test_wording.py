"""When two questions are the same, and when they only look alike."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faq.wording import LONGEST_QUESTION, key_of, normalise, normalise_prose

SAME = (
    ("How do I reset my password?", "how do i reset my password"),
    ("How do I reset my password?", "  HOW  do I\nreset my\u00a0password ?!  "),
    ("How do I reset my password?", "Ｈｏｗ do I reset my password？"),
    ("Wie heißt die Straße?", "WIE HEISST DIE STRASSE"),
    ("Где мой пароль?", "где мой Пароль…"),
    ("密码在哪里？", "密码在哪里。"),
    ("Caf\u00e9?", "cafe\u0301"),
    ("How do I use C++?", "how do i use c++"),
)
NEAR_MISSES = (
    ("How do I delete my account?", "How do I not delete my account?"),
    ("How do I delete my account?", "How do I delete our account?"),
    ("Is it allowed?", "It is allowed?"),
    ("Can I pay by card?", "Can't I pay by card?"),
    ("What is 5?", "What is 5!"),
    ("What is n?", "What is n!"),
    ("What is x2?", "What is x²?"),
    ("What is 1½ of it?", "What is 11⁄2 of it?"),
    ("How do I use C?", "How do I use C++?"),
    ("Is 1.5 enough?", "Is 15 enough?"),
    ("Where is the re-sign form?", "Where is the resign form?"),
    ("Reset my password", "Reset my passwords"),
    ("Résumé?", "Resume?"),
)
CODE = (
    ("What does grep -v do?", "What does grep -V do?"),
    ("What does `A` mean?", "What does `a` mean?"),
    ("if x:\n  a()\nb()", "if x:\n  a()\n  b()"),
    ("Is os.Path there?", "Is os.path there?"),
    ('How long is "a  b"?', 'How long is "a b"?'),
    ("How long is 'a  b'?", "How long is 'a b'?"),
    ("What is MAX_SIZE?", "What is max_size?"),
)


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spellings_of_a_question_are_one(one: str, other: str) -> None:
    assert key_of(one) == key_of(other) != ""


@pytest.mark.parametrize(("one", "other"), NEAR_MISSES)
def test_near_misses_are_two_questions(one: str, other: str) -> None:
    assert key_of(one) != key_of(other)
    assert normalise_prose(one) != normalise_prose(other)


@pytest.mark.parametrize(("one", "other"), CODE)
def test_code_is_taken_as_it_is_written(one: str, other: str) -> None:
    assert normalise_prose(one) != normalise_prose(other)
    assert normalise_prose(f" {one}\n") == one


@pytest.mark.parametrize("prose", [one for pair in SAME[:-1] for one in pair if "\n" not in one])
def test_prose_is_one_for_answers_of_models_too(prose: str) -> None:
    assert normalise_prose(prose) == normalise(prose)


@pytest.mark.parametrize("nothing", ["", "  ", "?", "?! ...", "。", "\n"])
def test_marks_alone_are_no_question(nothing: str) -> None:
    assert key_of(nothing) == ""


def test_long_questions_are_never_the_same() -> None:
    assert key_of("a" * LONGEST_QUESTION)
    assert key_of("a" * (LONGEST_QUESTION + 1)) == ""


@given(st.text(max_size=60))
def test_normalised_question_stays_as_it_is(question: str) -> None:
    assert normalise(normalise(question)) == normalise(question)


@given(st.lists(st.sampled_from(["how", "do", "i", "not", "pay", "by", "card"]), min_size=2, max_size=7))
def test_words_in_another_order_are_another_question(words: list[str]) -> None:
    question = " ".join(words)
    for order in itertools.islice(itertools.permutations(words), 24):
        assert (key_of(" ".join(order)) == key_of(question)) == (list(order) == words)
