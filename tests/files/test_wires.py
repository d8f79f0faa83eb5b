"""How pictures go over each wire, and that no model gets one that it cannot see."""

from __future__ import annotations

from base64 import b64encode

from providers.adapters import anthropic_request, openai_request
from providers.catalogue import CatalogueEntry
from providers.port import ChatMessage, ChatRequest, Picture

DATA = b64encode(b"\x89PNG").decode()
PICTURE = Picture("image/png", 8, 8, DATA)
SHOWN = ChatMessage("user", "What is this?", pictures=(PICTURE,))


def test_openai_gets_a_picture_as_an_address_of_its_data() -> None:
    assert openai_request.wire_messages([SHOWN]) == [
        {
            "role": "user",
            "content": [
                {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{DATA}"}},
                {"type": "text", "text": "What is this?"},
            ],
        }
    ]


def test_openai_gets_a_picture_without_words() -> None:
    (told,) = openai_request.wire_messages([ChatMessage("user", "", pictures=(PICTURE,))])
    assert [part["type"] for part in told["content"]] == ["image_url"]


def test_anthropic_gets_a_picture_as_a_block_before_the_words() -> None:
    source = {"type": "base64", "media_type": "image/png", "data": DATA}
    assert anthropic_request.wire_messages([SHOWN]) == [
        {"role": "user", "content": [{"type": "image", "source": source}, {"type": "text", "text": "What is this?"}]}
    ]


def test_anthropic_joins_a_picture_with_words_said_before() -> None:
    (told,) = anthropic_request.wire_messages([ChatMessage("user", "Look."), SHOWN])
    assert [part["type"] for part in told["content"]] == ["text", "image", "text"]


def test_only_a_model_that_sees_is_asked_with_pictures() -> None:
    request = ChatRequest("any", (SHOWN,))
    for sees in (True, False):
        entry = CatalogueEntry("local/any", "local", "Local", "any", "Any", 8_192, has_vision=sees)
        (said,) = entry.fit(request).messages
        assert bool(said.pictures) is sees
    assert said.content == "[A picture is attached here, which you cannot see.]\n\nWhat is this?"
