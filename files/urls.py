"""The addresses of files."""

from django.urls import path

from files import views

app_name = "files"

urlpatterns = [
    path("files/", views.upload, name="upload"),
    path("files/<uuid:file_id>/", views.file, name="file"),
    path("files/<uuid:file_id>/thumbnail/", views.thumbnail, name="thumbnail"),
    path("files/<uuid:file_id>/discard/", views.discard, name="discard"),
    path("files/<uuid:file_id>/delete/", views.delete, name="delete"),
    path("settings/files/", views.own, name="own"),
]
