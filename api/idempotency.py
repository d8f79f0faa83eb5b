"""``Idempotency-Key``: a POST that is sent again under the key of an earlier one gets its answer, and does nothing.

Only what succeeded is kept: after a failure the key is free again, so that trying again is worth it. Keys are a
person's own, and live for a day, a thousand at most. An operation that knows its repeats by itself says so with
``knows_repeats`` and asks ``name_request``; there a key stays with its request, also after a failure.
"""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db.models import Q
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from api.models import KeptAnswer
from chatproject.errors import BadRequest, Conflict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from api.auth import ApiRequest

F = TypeVar("F", bound="Callable[..., Any]")
HEADER = "Idempotency-Key"
LONGEST = 255
KEY_PATTERN = "^[!-~]+$"
KEPT_FOR = timedelta(hours=24)
ABANDONED_AFTER = timedelta(minutes=10)
"""Longer than any operation takes: a process died over it."""
MOST_KEPT = 1_000
"""Keys of one person; the oldest make room."""

LARGEST_KEPT = 64 * 1024
"""Bytes of an answer. Only what changes nothing when it comes again has larger ones, such as the end of an answer."""

KEPT_HEADERS = ("Content-Type", "Location", "ETag")
_MARK = "knows_repeats"


class KeyReused(Conflict):
    """The key was used for something else."""

    code: ClassVar[str] = "idempotency_key_reused"


class InProgress(Conflict):
    """The first request with this key is not answered yet."""

    code: ClassVar[str] = "in_progress"


def knows_repeats(operation: F) -> F:
    """Mark an operation, below the router's decorator, that finds its own repeats."""
    setattr(operation, _MARK, True)
    return operation


def read_key(request: HttpRequest) -> str | None:
    """Give the key of a request, if it has one; raises BadRequest for one that nobody can keep."""
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if len(key) > LONGEST or not re.fullmatch(KEY_PATTERN, key):
        words = _("“Idempotency-Key” takes up to %(most)s printable ASCII characters without spaces.")
        raise BadRequest(words % {"most": LONGEST})
    return key


def name_request(request: ApiRequest) -> str | None:
    """Give the name by which an operation that knows its repeats knows this one; None without a key.

    The key of a day ago is another name: it is forgotten. Raises KeyReused where it was for another use.
    """
    if not (key := read_key(request)):
        return None
    row, _is_new = _take(request, key, status=HTTPStatus.OK)
    return _sha256([str(row.pk).encode(), key.encode()])


def claims(operation: object) -> bool:
    """Tell whether the answers of an operation are kept here."""
    return not hasattr(operation, _MARK)


def begin(request: ApiRequest) -> KeptAnswer | HttpResponse | None:
    """Take the key of a request, or give the answer that is kept for it; None where there is no key.

    Raises KeyReused and InProgress. For threads, as all of this.
    """
    key = read_key(request)
    if key is None or request.method != "POST":
        return None
    row, is_new = _take(request, key)
    if is_new:
        return row
    if row.status is None:
        raise InProgress(_("The first request with this “Idempotency-Key” is not answered yet."), retry_after=1)
    return _again(row)


def finish(row: KeptAnswer, response: HttpResponseBase) -> None:
    """Keep an answer that says success, unless it is too large; otherwise let the key go."""
    is_success = 200 <= response.status_code < 300  # noqa: PLR2004 - as HTTP has it
    if not (is_success and isinstance(response, HttpResponse) and len(response.content) <= LARGEST_KEPT):
        row.delete()
        return
    row.status = response.status_code
    row.headers = {name: response[name] for name in KEPT_HEADERS if name in response}
    row.body = _seal().encrypt(response.content)
    row.save(update_fields=["status", "headers", "body"])


def remove_old_answers() -> int:
    """Forget what is older than a day, and what nobody will finish; give how many."""
    return KeptAnswer.objects.filter(_forgotten()).delete()[0]


def _take(request: ApiRequest, key: str, **state: Any) -> tuple[KeptAnswer, bool]:
    """Give the row of a key, and whether it is new; raises KeyReused."""
    mine: dict[str, Any] = {"user": request.auth.user, "key_hash": _sha256([key.encode()])}
    asked: dict[str, Any] = {"request_hash": _sha256(_request(request)), "created_at": timezone.now(), **state}
    row, is_new = KeptAnswer.objects.get_or_create(**mine, defaults=asked)
    if not is_new and KeptAnswer.objects.filter(_forgotten(), pk=row.pk).delete()[0]:
        row, is_new = KeptAnswer.objects.get_or_create(**mine, defaults=asked)
    if row.request_hash != asked["request_hash"]:
        raise KeyReused(_("This “Idempotency-Key” was used for another request. Take a new one."))
    if is_new:
        _make_room(row)
    return row, is_new


def _make_room(row: KeptAnswer) -> None:
    """Forget the oldest keys of a person, so that with the new one there are not more than the most."""
    kept = KeptAnswer.objects.filter(user=row.user_id, status__isnull=False).exclude(pk=row.pk)
    if oldest := list(kept.order_by("-created_at", "-pk").values_list("pk", flat=True)[MOST_KEPT - 1 :]):
        kept.filter(pk__in=oldest).delete()


def _forgotten() -> Q:
    now = timezone.now()
    return Q(created_at__lt=now - KEPT_FOR) | Q(status=None, created_at__lt=now - ABANDONED_AFTER)


def _again(row: KeptAnswer) -> HttpResponse:
    try:
        body = _seal().decrypt(bytes(row.body))
    except InvalidToken:  # the keys of the site changed meanwhile, all at once
        raise Conflict(_("This was done already, and its answer can no longer be read.")) from None
    response = HttpResponse(body, status=row.status, headers=row.headers)
    response["Idempotent-Replayed"] = "true"
    return response


def _request(request: HttpRequest) -> Iterator[bytes]:
    """Give what makes a request this one: where to, and what with. A form's boundary is another each time."""
    yield f"{request.method} {request.get_full_path()}\n{request.content_type}".encode()
    if request.content_type != "multipart/form-data":
        yield request.body
        return
    for name, values in sorted(request.POST.lists()):
        yield repr((name, values)).encode()
    for name, uploads in sorted(request.FILES.lists()):
        for upload in uploads:
            yield repr((name, upload.name)).encode()
            yield from upload.chunks()
            upload.seek(0)


def _sha256(parts: Any) -> str:
    """Hash parts so that no part can pass for two."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(len(part).to_bytes(8, "big") + part)
    return whole.hexdigest()


def _seal() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.FIELD_ENCRYPTION_KEYS])
