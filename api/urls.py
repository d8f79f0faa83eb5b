"""The routes below ``/api/``."""

from __future__ import annotations

from api.application import api

app_name = "api"
urlpatterns = api.urls[0]
