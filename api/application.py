"""The API as one object; ``api/urls.py`` serves it, and each subject hangs its router on it here."""

from __future__ import annotations

from api import (
    administration,
    catalogue,
    chat,
    conversations,
    files,
    folders,
    me,
    messages,
    queue,
    replies,
    search,
    sharing,
    usage,
)
from api.foundation import Api

SUBJECTS = (
    me,
    chat,
    replies,
    queue,
    conversations,
    messages,
    folders,
    catalogue,
    search,
    files,
    sharing,
    usage,
    administration,
)
"""In the order in which people read about them."""

api = Api([subject.router for subject in SUBJECTS], title="Chat API", version="1", urls_namespace="api")
