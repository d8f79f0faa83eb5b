"""The words that scripts say, by name; a page carries those of its scripts, in its reader's language.

A script says ``phrase("connection.lost")`` (static/js/texts.js). Values stand as ``%(name)s``. What depends on a
number is a function of it, and takes its form from the value ``count``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

if TYPE_CHECKING:
    from collections.abc import Callable

    from django_stubs_ext import StrOrPromise

    Words = dict[str, StrOrPromise | Callable[[int], str]]

TALK: Words = {
    "api.lost": _("There is no connection at the moment. Nothing was changed."),
    "api.signed_out": _("You are signed out. Nothing was changed."),
    "api.failed": _("That did not work. Nothing was changed."),
    "toast.undo": _("Undo"),
    "list.new": _("New conversation"),
    "list.more": _("More for %(title)s"),
    "list.pin": _("Pin"),
    "list.unpin": _("Unpin"),
    "list.archived": _("The conversation was archived."),
    "list.tagged": _("The conversation is tagged “%(tag)s”."),
    "list.moved": _("The conversation was moved."),
    "list.deleted": _("“%(title)s” was deleted."),
    "list.today": _("Today"),
    "list.fold": _("Fold the sidebar"),
    "list.unfold": _("Unfold the sidebar"),
    "answer.faq": _("the FAQ"),
    "answer.forked": _("This is a copy up to here. The conversation it came from is as it was."),
    "answer.deleted": _("The message and what followed it were deleted."),
    "answer.reported": _("Thank you. The people who run this site will look at it."),
    "thinking.now": _("Thinking…"),
    "thinking.thoughts": _("Thoughts"),
    "thinking.moment": _("Thought for a moment"),
    "thinking.seconds": _("Thought for %(seconds)s s"),
    "thinking.minutes": _("Thought for %(minutes)s min %(seconds)s s"),
    "copy.done": _("Copied"),
    "copy.failed": _("The browser did not allow copying. Select the text and copy it by hand."),
    "files.attached": _("%(name)s is attached."),
    "files.remove": _("Remove %(name)s"),
    "files.too_many": lambda count: ngettext(
        "One message takes at most %(count)s file.", "One message takes at most %(count)s files.", count
    ),
    "files.too_large": _("%(name)s is too large. It was not attached."),
    "files.larger_than": _("%(name)s is larger than %(size)s MB. It was not attached."),
    "files.lost": _("%(name)s did not arrive: there is no connection."),
    "files.failed": _("%(name)s could not be attached. Reload the page and try again, please."),
    "send.kept": _("%(reason)s Your text is kept here."),
    "send.uploading": _("A file is still on its way."),
    "send.answering": _("The answer is still being written."),
    "send.waiting": _("Your last message has not gone out yet."),
    "send.no_model": _("There is no model to ask at the moment."),
    "send.too_long": _("This has %(length)s characters; %(longest)s fit into one message. Your text is kept here."),
    "send.for_server": _("Waiting for the server"),
    "send.for_connection": _("Waiting for the connection"),
    "queue.save": _("Save"),
    "models.presets": _("Presets"),
    "models.none": _("No model"),
    "rating.thanks": _("Thank you. Your rating is noted."),
    "compare.count": _("%(count)s of %(most)s chosen"),
    "compare.models": lambda count: ngettext("%(count)s model", "%(count)s models", count),
    "compare.keep": _("Keep one of the answers first."),
    "compare.answered": _("%(model)s has answered."),
    "connection.lost": _("The connection was lost. What you send is kept, and goes out when it is back."),
    "connection.signed_out": _("You are signed out. Your draft is kept."),
    "connection.sign_in": _("Sign in again"),
    "connection.crowded": _("This site is open in too many tabs or devices. Close one, then this one connects."),
    "connection.again": _("Try again"),
    "connection.outdated": _("There is a newer version of this page."),
    "connection.reload": _("Reload"),
    "wait.said": _("Too many requests. You can send again in %(time)s. Your text is kept here."),
    "wait.shown": _("Too many requests. You can send again in %(time)s"),
    "wait.over": _("You can send again."),
    "time.seconds": lambda count: ngettext("%(count)s second", "%(count)s seconds", count),
    "time.minutes": lambda count: ngettext("%(count)s minute", "%(count)s minutes", count),
    "time.hours": lambda count: ngettext("%(count)s hour", "%(count)s hours", count),
    "time.short_seconds": _("%(seconds)s s"),
    "time.short_minutes": _("%(minutes)s min %(seconds)s s"),
    "time.short_hours": _("%(hours)s h %(minutes)s min"),
    "palette.lost": _("There is no connection at the moment. Actions and models are here all the same."),
    "palette.found": lambda count: ngettext("%(count)s to choose from", "%(count)s to choose from", count),
    "palette.all": _("All messages with “%(query)s”"),
    "palette.answer_with": _("Answer with %(model)s"),
    "palette.conversations": _("Conversations"),
    "palette.messages": _("Messages"),
    "palette.actions": _("Actions"),
    "palette.models": _("Models"),
}
COPY: Words = {name: TALK[name] for name in ("copy.done", "copy.failed")}
GROUPS = {"talk": TALK, "copy": COPY}


def spoken(group: str) -> dict[str, str | dict[str, str]]:
    """Give the texts of a page's scripts in the language of now; forms of a number by the browser's plural rules."""
    return {name: _forms(words) for name, words in GROUPS[group].items()}


def _forms(words: StrOrPromise | Callable[[int], str]) -> str | dict[str, str]:
    return {"one": words(1), "other": words(2)} if callable(words) else str(words)
