"""The routes below ``/api/``."""

from __future__ import annotations

from django.urls import path

from api import docs
from api.application import api

app_name = "api"
urlpatterns = [
    path("openapi.json", docs.openapi, name="openapi"),
    path("docs", docs.docs, name="docs"),
    *api.urls[0],
]
