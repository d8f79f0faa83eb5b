"""Answers that an earlier version rendered."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from conversations.models import Role
from conversations.rendering import RENDERER_VERSION
from sharing.models import SharedMessage
from sharing.services import share_branch
from tests.support.factories import make_conversation, make_message, make_user

pytestmark = pytest.mark.django_db

TEXT = "So $x^2$."
NEW = '<p>So <span class="math">x^2</span>.</p>'


def test_old_answers_are_rendered_anew_and_others_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    talk = make_conversation(make_user())
    question = make_message(talk, TEXT, html="asked", renderer_version=1)
    old = make_message(talk, TEXT, html="old", role=Role.ASSISTANT, renderer_version=1)
    present = make_message(talk, TEXT, html="new", role=Role.ASSISTANT, renderer_version=RENDERER_VERSION)
    never = make_message(talk, "", html="", role=Role.ASSISTANT, renderer_version=1)
    share_branch(talk, expires_in=None)
    for _ in range(2):
        call_command("render_again")
        for message in (question, old, present, never):
            message.refresh_from_db()
        assert [one.html for one in (question, old, present, never)] == ["asked", NEW, "new", ""]
        assert old.renderer_version == RENDERER_VERSION
        assert list(SharedMessage.objects.order_by("position").values_list("html", flat=True))[:2] == ["asked", NEW]
    assert capsys.readouterr().out == "messages: 1\nshared messages: 1\nmessages: 0\nshared messages: 0\n"
