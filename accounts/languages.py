"""The language somebody is spoken to in: their choice, else the cookie of the sign-in page, else the browser's."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.db import Error as DatabaseError
from django.utils import translation
from django.utils.functional import SimpleLazyObject
from django.utils.translation.trans_real import parse_accept_lang_header

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from channels.auth import UserLazyObject
    from django.contrib.auth.models import AnonymousUser
    from django.http import HttpRequest, HttpResponse

    from accounts.models import User

COOKIE_DAYS = 365


def language_of_request(request: HttpRequest) -> str:
    """Give the language of a page for whoever asks for it; operators' pages are English."""
    if request.path_info.startswith("/admin/"):
        return "en"
    _look_once(request)
    cookie = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return _choose(request.user, cookie, request.headers.get("Accept-Language", ""))


def _look_once(request: HttpRequest) -> None:
    """Let who asks for the person learn at once that the database is away, and not wait for it a second time."""
    try:
        bool(request.user)
    except DatabaseError as error:
        request.user = cast("User", SimpleLazyObject(partial(_raise, error)))


def _raise(error: Exception) -> None:
    raise error


def language_of_socket(scope: dict[str, object], user: User | UserLazyObject) -> str:
    """Give the language of the page that opened a socket."""
    headers: dict[bytes, bytes] = dict(scope["headers"])  # type: ignore[call-overload]  # as ASGI has them
    cookies = SimpleCookie()
    with suppress(CookieError):
        cookies.load(headers.get(b"cookie", b"").decode("latin-1"))
    cookie = cookies.get(settings.LANGUAGE_COOKIE_NAME)
    return _choose(user, cookie.value if cookie else "", headers.get(b"accept-language", b"").decode("latin-1"))


def speaking_to(user: User) -> AbstractContextManager[None]:
    """Speak somebody's language where no browser of theirs asks: in mails, and in what goes on by itself."""
    return translation.override(user.language or settings.LANGUAGE_CODE)


def remember_language(response: HttpResponse, language: str) -> None:
    """Keep a language in this browser, for the pages before the sign-in; none: ask the browser again."""
    name = settings.LANGUAGE_COOKIE_NAME
    if not language:
        response.delete_cookie(name, samesite="Lax")
        return
    response.set_cookie(
        name, language, max_age=COOKIE_DAYS * 24 * 3600, secure=settings.IS_HTTPS, httponly=True, samesite="Lax"
    )


def _choose(user: User | AnonymousUser | UserLazyObject, cookie: str, accepted: str) -> str:
    known = dict(settings.LANGUAGES)
    for language in (_chosen_by(user), cookie):
        if language in known:
            return language
    for language, _ in parse_accept_lang_header(accepted):
        with suppress(LookupError):
            return translation.get_supported_language_variant(language)
    return settings.LANGUAGE_CODE


def _chosen_by(user: User | AnonymousUser | UserLazyObject) -> str:
    """Nobody's choice is known while the database is away, and pages that need none of it still show."""
    try:
        return getattr(user, "language", "")
    except DatabaseError:
        return ""
