"""What programs send is read strictly: types, places, and nothing that nobody knows."""

from __future__ import annotations

import pytest

from doors.fields import BadField, Fields


def test_fields_of_the_right_type_are_given() -> None:
    fields = Fields({"a": "x", "b": True, "c": 3, "d": 0.5, "e": {"f": "y"}, "g": ["h"], "i": [{"j": 1}]})
    assert (fields.text("a"), fields.flag("b"), fields.count("c"), fields.number("d", 0, 1)) == ("x", True, 3, 0.5)
    assert fields.needed(fields.object, "e").text("f") == "y"
    assert fields.texts("g") == ("h",)
    assert [one.count("j") for one in fields.objects("i")] == [1]
    fields.done()


@pytest.mark.parametrize(
    ("read", "value", "param"),
    [
        ("text", 1, "a"),
        ("flag", 1, "a"),
        ("count", True, "a"),
        ("count", 1.0, "a"),
        ("count", -1, "a"),
        ("count", 1e30, "a"),
        ("items", {}, "a"),
        ("texts", ["x", 1], "a[1]"),
        ("object", [], "a"),
    ],
)
def test_wrong_types_are_refused_with_their_place(read: str, value: object, param: str) -> None:
    with pytest.raises(BadField) as refusal:
        getattr(Fields({"a": value}), read)("a")
    assert refusal.value.param == param
    assert refusal.value.message.startswith(f"{param}: ")


@pytest.mark.parametrize("value", ["1", True, float("nan"), float("inf"), 2.5, -0.1])
def test_number_outside_of_its_range_is_refused(value: object) -> None:
    with pytest.raises(BadField):
        Fields({"a": value}).number("a", 0, 2)


def test_what_nobody_read_is_refused_even_where_it_is_null() -> None:
    fields = Fields({"known": 1, "other": None})
    fields.count("known")
    with pytest.raises(BadField) as refusal:
        fields.done()
    assert refusal.value.param == "other"


def test_null_is_a_field_that_is_not_there() -> None:
    fields = Fields({"a": None})
    with pytest.raises(BadField) as refusal:
        fields.needed(fields.text, "a")
    assert refusal.value.message == "a: this field is required."
    fields.done()


def test_field_of_an_object_in_a_list_is_named_by_its_place() -> None:
    [first] = Fields({"messages": [{"content": 1}]}).objects("messages")
    with pytest.raises(BadField) as refusal:
        first.text("content")
    assert refusal.value.param == "messages[0].content"


def test_tree_is_given_whole_unless_it_is_too_deep() -> None:
    tree = {"a": [1, {"b": {}}]}
    assert Fields({"x": tree}).tree("x") == tree
    deep: dict[str, object] = {}
    for _ in range(200):
        deep = {"x": [deep]}
    with pytest.raises(BadField):
        Fields({"x": deep}).tree("x")


def test_long_name_is_repeated_in_part() -> None:
    with pytest.raises(BadField) as refusal:
        Fields({"x" * 5000: 1}).done()
    assert len(refusal.value.message) < 200
