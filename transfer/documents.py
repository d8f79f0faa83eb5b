"""A conversation as a document for people: the branch on show, as Markdown or as one HTML file that is complete."""

from __future__ import annotations

import base64
import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from conversations.choices import name_model
from conversations.models import Conversation, Message, Role, Source, Status
from conversations.selectors import branch_messages
from files import storing
from files.kinds import THUMBNAIL
from files.models import Kind
from files.selectors import list_carried
from transfer.formulas import formula_setter, has_formulas

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from files.models import Upload

LONGEST_BRANCH = 20_000
NAME_LENGTH = 80
UNTITLED = "Conversation"  # in names of files; on pages it is translated
STYLES = ("tokens", "base", "message", "prose", "code", "syntax", "reading", "document")
_OUT_OF_NAMES = re.compile(r"[^\w.-]+")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def list_said(conversation: Conversation) -> list[Message]:
    """List the branch on show, without instructions and without an answer that is being written."""
    branch = branch_messages(conversation.leaf_id, LONGEST_BRANCH) if conversation.leaf_id else []
    return [one for one in branch if one.role != Role.SYSTEM and one.status != Status.STREAMING]


def list_shown(conversation: Conversation, thumbnail: Callable[[Upload], str]) -> list[Message]:
    """List the branch on show; each message has ``carried``, its files, with the addresses of their small pictures."""
    said, carried = list_said(conversation), list_carried(conversation)
    for message in said:
        message.carried = [  # type: ignore[attr-defined]  # for the template
            {"name": upload.name, "size": upload.size, "thumbnail": thumbnail(upload)}
            for upload in carried.get(message.pk, ())
        ]
    return said


def own_thumbnail(upload: Upload) -> str:
    """Give the address of a picture made small, as its owner may ask for it."""
    return reverse("files:thumbnail", args=[upload.pk]) if upload.kind == Kind.PICTURE else ""


def _inside(upload: Upload) -> str:
    """Give a picture made small as an address that holds it."""
    if upload.kind != Kind.PICTURE:
        return ""
    try:
        with storing.open_part(upload, ".small") as file:
            return f"data:{THUMBNAIL};base64," + base64.b64encode(file.read()).decode()
    except FileNotFoundError:
        return ""


def _named(files: Sequence[Upload]) -> str:
    names = ", ".join(f"{file.name} ({filesizeformat(file.size)})" for file in files)
    return "*" + _("Attached: %(names)s") % {"names": names} + "*"


def to_markdown(conversation: Conversation) -> str:
    """Write the branch on show as Markdown, the words of each message as they are."""
    day = _("Exported on %(today)s") % {"today": date_format(timezone.now(), "DATE_FORMAT")}
    parts = [f"# {conversation.title or _(UNTITLED)}", f"*{day}*"]
    carried = list_carried(conversation)
    for message in list_said(conversation):
        asked = message.role == Role.USER
        who = _("Question") if asked else _("Answer by %(model)s") % {"model": _author(message)}
        parts += ["---", f"**{who}** · {message.created_at:%Y-%m-%d %H:%M} UTC"]
        parts += [_named(carried[message.pk])] if message.pk in carried else []
        parts += [message.content]
    return "\n\n".join(filter(None, parts)) + "\n"


def to_html(conversation: Conversation) -> str:
    """Write the branch on show as one file: it loads nothing, and its own policy lets nothing in it run.

    But for what sets formulas, where there are any: that script is in the file, and the policy knows it by its digest.
    """
    shown = list_shown(conversation, thumbnail=_inside)
    formulas = formula_setter() if any(has_formulas(one.html) for one in shown) else None
    context = {
        "conversation": conversation,
        "shown": shown,
        "style": _style(),
        "formulas": formulas,
        "has_pictures": any(file["thumbnail"] for one in shown for file in one.carried),  # type: ignore[attr-defined]
    }
    return render_to_string("transfer/document.html", context)


def file_name(conversation: Conversation, ending: str) -> str:
    """Name a file after its conversation: letters of any language, and nothing that a system gives a meaning."""
    plain = unicodedata.normalize("NFC", conversation.title)
    name = _OUT_OF_NAMES.sub("-", plain)[:NAME_LENGTH].strip("-._")
    return f"{UNTITLED if not name or _RESERVED.match(name) else name}.{ending}"


def _author(message: Message) -> str:
    return _("the FAQ") if message.source == Source.FAQ else name_model(message.model)


@cache
def _style() -> str:
    """Give all styles as one address that holds them: so the file needs no other, and no exception for styles."""
    folder: Path = settings.BASE_DIR / "static" / "css"
    joined = "\n".join((folder / f"{name}.css").read_text() for name in STYLES)
    return "data:text/css;base64," + base64.b64encode(joined.encode()).decode()
