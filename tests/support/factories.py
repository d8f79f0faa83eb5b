"""Rows for tests that look at one thing and need others around it."""

from __future__ import annotations

import itertools
from typing import Any

from django.utils import timezone

from accounts.models import User
from conversations.models import Conversation, Message, Role
from tests.support.people import PASSWORD

_numbers = itertools.count(1)


def make_user(email: str = "", *, password: str | None = PASSWORD, **fields: Any) -> User:
    """Make a person; with ``password`` None there is no way in but ``client.force_login``."""
    return User.objects.create_user(email or f"person-{next(_numbers)}@example.org", password, **fields)


def make_conversation(user: User, title: str = "A talk", **fields: Any) -> Conversation:
    fields.setdefault("updated_at", timezone.now())
    return Conversation.objects.create(user=user, title=title, **fields)


def make_message(conversation: Conversation, content: str = "Hello", **fields: Any) -> Message:
    """Make a message after the tip of the branch on show, which it becomes; a question unless ``role`` says else."""
    fields = {"role": Role.USER, "created_at": timezone.now(), "parent": conversation.leaf, **fields}
    message = Message.objects.create(conversation=conversation, content=content, **fields)
    conversation.leaf = message
    conversation.save(update_fields=["leaf"])
    return message
