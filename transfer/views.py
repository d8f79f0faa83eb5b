"""The pages: exporting one conversation or all, and importing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from chatproject.errors import DomainError, NotFound
from chatproject.limits import is_counted
from conversations.selectors import get_conversation
from conversations.views import private
from files import storing
from transfer import archive, documents, exports, imports, packing, places
from transfer.carrying import list_along, member_name
from transfer.forms import ExportForm, ImportForm
from transfer.models import Format, State
from transfer.selectors import get_export, get_import, list_exports, list_imports

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from uuid import UUID

    from django.http.response import HttpResponseBase

    from conversations.views import AuthenticatedRequest
    from files.models import Upload

SANDBOX = "default-src 'none'; style-src data:; sandbox; frame-ancestors 'none'"
TYPES = {
    Format.JSON: "application/json",
    Format.MARKDOWN: "text/markdown; charset=utf-8",
    Format.HTML: "text/html; charset=utf-8",
}
ARCHIVE, ZIP = "application/zip", "zip"
CHUNK = 256 * 1024
Response = TypeVar("Response", HttpResponse, StreamingHttpResponse)


@require_GET
@private
def data(request: AuthenticatedRequest) -> HttpResponse:
    return _data_page(request, ExportForm(), ImportForm())


@require_POST
@private
def start_export(request: AuthenticatedRequest) -> HttpResponse:
    form = ExportForm(request.POST)
    if not form.is_valid():
        return _data_page(request, form, ImportForm(), status=400)
    try:
        exports.start_export(request.user, Format(form.cleaned_data["format"]))
    except DomainError as error:
        form.add_error(None, error.message)
        return _data_page(request, form, ImportForm(), status=error.http_status)
    return redirect("transfer:data")


@require_GET
@private
def download(request: AuthenticatedRequest, export_id: UUID) -> HttpResponseBase:
    export = get_export(request.user, export_id)
    path = places.path_of(export)
    if export.state != State.DONE or not path.exists():
        raise NotFound(_("This export is not there any more. Please make it again."))
    name = f"conversations-{export.created_at:%Y-%m-%d}"
    if export.files_size:
        return _packed(packing.read_file(path), exports.list_packed(export), name)
    ending = export.format if export.format == Format.JSON else ZIP
    response = StreamingHttpResponse(
        _sent(packing.read_file(path)), content_type=TYPES[Format.JSON] if ending != ZIP else ARCHIVE
    )
    response["Content-Length"] = str(path.stat().st_size)
    return _as_file(response, f"{name}.{ending}")


@require_POST
@private
def remove_export(request: AuthenticatedRequest, export_id: UUID) -> HttpResponse:
    export = get_export(request.user, export_id)
    places.remove_file(export)
    export.delete()
    return redirect("transfer:data")


@require_POST
@private
def bring(request: AuthenticatedRequest) -> HttpResponse:
    """Take a file, which is looked through before anything is taken from it."""
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return _data_page(request, ExportForm(), form, status=400)
    file = form.cleaned_data["file"]
    try:
        imports.bring_file(request.user, name=file.name, pieces=file.chunks(CHUNK), is_counted=is_counted(request))
    except DomainError as error:
        form.add_error(None, error.message)
        return _data_page(request, ExportForm(), form, status=error.http_status)
    return redirect("transfer:data")


@require_POST
@private
def take(request: AuthenticatedRequest, import_id: UUID) -> HttpResponse:
    imports.confirm_import(get_import(request.user, import_id))
    return redirect("transfer:data")


@require_POST
@private
def remove_import(request: AuthenticatedRequest, import_id: UUID) -> HttpResponse:
    job = get_import(request.user, import_id)
    places.remove_file(job)
    job.delete()
    messages.success(request, _("The file is removed. Conversations that were taken from it stay."))
    return redirect("transfer:data")


@require_GET
@private
def export_one(request: AuthenticatedRequest, conversation_id: UUID) -> HttpResponse:
    conversation = get_conversation(request.user, conversation_id)
    return render(request, "transfer/export.html", {"conversation": conversation})


@require_GET
@private
def document(request: AuthenticatedRequest, conversation_id: UUID, ending: str) -> HttpResponseBase:
    """Give one conversation as a file: an archive, where messages carry files that go along."""
    conversation = get_conversation(request.user, conversation_id)
    if ending not in Format.values:
        raise NotFound(_("There is no such export."))
    file_format = Format(ending)
    if file_format == Format.JSON:
        described = archive.encode(archive.describe(conversation))
        if files := list_along(conversation):
            return _packed([described], files, documents.file_name(conversation, "")[:-1])
        content: str | bytes = described
    else:
        write = documents.to_markdown if file_format == Format.MARKDOWN else documents.to_html
        content = write(conversation)
    response = HttpResponse(content, content_type=TYPES[file_format])
    return _as_file(response, documents.file_name(conversation, ending))


@require_GET
@private
def print_page(request: AuthenticatedRequest, conversation_id: UUID) -> HttpResponse:
    """Show a conversation as it is printed, or saved as PDF, by the browser."""
    conversation = get_conversation(request.user, conversation_id)
    context = {"conversation": conversation, "shown": documents.list_shown(conversation, documents.own_thumbnail)}
    return render(request, "transfer/print.html", context)


def _data_page(
    request: AuthenticatedRequest, export_form: ExportForm, import_form: ImportForm, status: int = 200
) -> HttpResponse:
    outgoing, incoming = list(list_exports(request.user)), list(list_imports(request.user))
    context = {
        "section": "data",
        "export_form": export_form,
        "import_form": import_form,
        "exports": outgoing,
        "imports": incoming,
        "is_busy": any(job.is_going_on for job in outgoing) or any(job.is_going_on for job in incoming),
    }
    return render(request, "transfer/data.html", context, status=status)


def _packed(conversations: Iterable[bytes], files: Iterable[Upload], name: str) -> StreamingHttpResponse:
    named = [(member_name(upload), storing.path_of(upload)) for upload in files]
    response = StreamingHttpResponse(_sent(packing.pack(conversations, named)), content_type=ARCHIVE)
    return _as_file(response, f"{name}.{ZIP}")


def _as_file(response: Response, name: str) -> Response:
    """Let a browser keep it, and run nothing of it should it be shown after all."""
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    response["Content-Security-Policy"] = SANDBOX
    return response


async def _sent(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    """Make the pieces off the event loop; nothing of them is kept."""
    coming = iter(pieces)
    while (piece := await asyncio.to_thread(next, coming, None)) is not None:
        if piece:
            yield piece
