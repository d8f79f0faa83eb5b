"""A preset is chosen as a model is: by its owner, and those for everybody by everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from chatproject.errors import NotFound
from conversations import services
from conversations.checkpoints import Ending, end_reply
from conversations.choices import choose_model, describe_models, name_choice
from conversations.history import build_prompt
from conversations.models import Conversation, Message, Preset, Status
from conversations.presets import Choice, get_own_preset, preset_id, resolve_choice
from providers.gateway import UnknownModel
from providers.models import LanguageModel

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User
    from conversations.questions import Turn

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("offered")]


def make_preset(user: User | None, name: str = "Brief", model: str = "openai/plain", **fields: Any) -> Preset:
    return Preset.objects.create(user=user, name=name, model=model, **fields)


def ask(user: User, model: str, conversation: Conversation | None = None) -> Turn:
    return services.send_message(
        user,
        client_id=uuid4().hex,
        conversation_id=conversation.pk if conversation else None,
        parent_id=None,
        text="Hello",
        model=model,
    )


def end(turn: Turn) -> Message:
    assert end_reply(turn.reply.run, Ending(Status.COMPLETE, "stop"), text="Hi.", html="<p>Hi.</p>")
    return Message.objects.get(pk=turn.reply.pk)


def test_own_and_common_presets_resolve(alice: User) -> None:
    for preset in (make_preset(alice), make_preset(None)):
        choice = resolve_choice(alice, preset_id(preset))
        assert (choice.model_id, choice.preset, choice.id) == ("openai/plain", preset, preset_id(preset))
    assert resolve_choice(alice, "openai/plain") == Choice("openai/plain")


def test_presets_that_are_not_there_are_unknown_models(alice: User, bob: User) -> None:
    stranger = preset_id(make_preset(bob))
    disabled = preset_id(make_preset(None, "Old", enabled=False))
    messages = set()
    for wanted in (stranger, disabled, f"preset/{uuid4()}", "preset/", "preset/nonsense", "preset/\x00"):
        with pytest.raises(UnknownModel) as caught:
            resolve_choice(alice, wanted)
        messages.add(caught.value.message)
    assert messages == {"This preset is not available. Choose another one, or a model."}
    with pytest.raises(NotFound):
        get_own_preset(alice, make_preset(None, "Common").pk)


def test_preset_of_a_model_that_is_gone_is_refused_and_not_offered(alice: User) -> None:
    preset = make_preset(alice, model="openai/gone")
    with pytest.raises(UnknownModel, match="The model gone is not available"):
        resolve_choice(alice, preset_id(preset))
    assert describe_models(alice)["presets"] == []


def test_send_by_preset_names_the_model_and_remembers_the_preset(alice: User) -> None:
    preset = make_preset(alice)
    turn = ask(alice, preset_id(preset))
    assert (turn.reply.model, turn.reply.preset) == ("openai/plain", preset)
    assert Conversation.objects.get().model == preset_id(preset)


def test_edit_and_regenerate_take_presets_too(alice: User) -> None:
    preset = make_preset(alice)
    turn = ask(alice, "openai/thinker")
    end(turn)
    key = preset_id(preset)
    again = services.regenerate_reply(alice, client_id=uuid4().hex, reply_id=turn.reply.pk, model=key)
    assert (again.reply.model, again.reply.preset) == ("openai/plain", preset)
    end(again)
    edited = services.edit_message(alice, client_id=uuid4().hex, message_id=turn.question.pk, text="Or", model=key)
    assert (edited.reply.model, edited.reply.preset) == ("openai/plain", preset)
    end(edited)
    plain = services.regenerate_reply(alice, client_id=uuid4().hex, reply_id=edited.reply.pk, model="openai/plain")
    assert plain.reply.preset is None
    assert Conversation.objects.get().model == "openai/plain"


def test_strangers_preset_leaves_nothing_behind(alice: User, bob: User) -> None:
    with pytest.raises(UnknownModel):
        ask(alice, preset_id(make_preset(bob)))
    assert not Conversation.objects.exists()


def test_request_has_the_presets_words_and_settings(alice: User) -> None:
    LanguageModel.objects.filter(name="plain").update(instructions="Model's words.")
    preset = make_preset(alice, instructions="Preset's words.", temperature=0.0, output_tokens=300)
    turn = ask(alice, preset_id(preset))
    Conversation.objects.update(instructions="Talk's words.")
    reply = Message.objects.get(pk=turn.reply.pk)
    request = build_prompt(reply).request
    assert request.messages[0].content == "Preset's words.\n\nTalk's words."
    assert (request.temperature, request.max_output_tokens) == (0.0, 300)


def test_request_without_a_preset_leaves_the_settings_to_the_catalogue(alice: User) -> None:
    request = build_prompt(ask(alice, "openai/plain").reply).request
    assert (request.temperature, request.max_output_tokens, len(request.messages)) == (None, None, 1)


def test_deleted_preset_leaves_its_answers(alice: User) -> None:
    preset = make_preset(alice)
    turn = ask(alice, preset_id(preset))
    preset.delete()
    reply = Message.objects.get(pk=turn.reply.pk)
    assert (reply.model, reply.preset) == ("openai/plain", None)


def test_talk_whose_preset_is_gone_goes_on_with_its_model(alice: User, client: Client) -> None:
    preset = make_preset(alice, model="openai/thinker")
    turn = ask(alice, preset_id(preset))
    preset.delete()
    client.force_login(alice)
    page = client.get(f"/c/{turn.conversation.pk}/")
    assert page.context["model"] == "openai/thinker"
    assert choose_model(alice, preset_id(preset)) == Choice("openai/plain")


def test_selector_lists_own_presets_first_and_nobody_elses(alice: User, bob: User) -> None:
    make_preset(bob, "Secret")
    make_preset(None, "A common one")
    own = make_preset(alice, "zeta")
    make_preset(alice, "Alpha", model="openai/thinker")
    make_preset(None, "Disabled", enabled=False)
    shown = describe_models(alice)["presets"]
    assert [one["label"] for one in shown] == ["Alpha", "zeta", "A common one"]
    assert shown[1] == {"id": preset_id(own), "label": "zeta", "model": "Plain", "is_own": True}


def test_choice_is_named_with_the_model_that_answers(alice: User) -> None:
    choice = choose_model(alice, preset_id(make_preset(alice)))
    assert name_choice(choice) == "Brief · Plain"
    assert name_choice(choose_model(alice, "openai/thinker")) == "Thinker"
    assert name_choice(None) == ""
