"""The API as one object; ``api/urls.py`` serves it, and each subject hangs its router on it here."""

from __future__ import annotations

from api import administration, chat, me, replies
from api.foundation import Api

api = Api(
    (administration.router, me.router, chat.router, replies.router), title="Chat API", version="1", urls_namespace="api"
)
