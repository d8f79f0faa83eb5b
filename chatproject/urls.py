"""The routes of the pages; the socket's stand in ``conversations/routing.py``."""

from django.contrib import admin
from django.urls import include, path

from chatproject import embeds, installing

urlpatterns = [
    path("manifest.webmanifest", installing.manifest, name="manifest"),
    path("service-worker.js", installing.service_worker, name="service_worker"),
    path("offline/", installing.offline, name="offline"),
    path("accounts/", include("accounts.urls")),
    path("admin/", admin.site.urls),
    path("embed/diagrams/", embeds.diagrams, name="embed_diagrams"),
    path("embed/preview/", embeds.preview, name="embed_preview"),
    path("api/", include("api.urls")),
    path("", include("providers.urls")),
    path("", include("conversations.urls")),
    path("", include("files.urls")),
    path("", include("search.urls")),
    path("", include("sharing.urls")),
    path("", include("transfer.urls")),
]

handler400 = "chatproject.views.bad_request"
handler403 = "chatproject.views.permission_denied"
handler404 = "chatproject.views.page_not_found"
handler500 = "chatproject.views.server_error"
handler429 = "accounts.views.too_many_requests"  # django-allauth asks for it
