"""The addresses of files."""

from django.urls import path

from files import views

app_name = "files"

urlpatterns = [
    path("files/", views.upload, name="upload"),
    path("files/folders/<uuid:folder_id>/", views.add_to_folder, name="add_to_folder"),
    path("files/folders/<uuid:folder_id>/<uuid:file_id>/", views.remove_from_folder, name="remove_from_folder"),
    path("files/<uuid:file_id>/", views.file, name="file"),
    path("files/<uuid:file_id>/thumbnail/", views.thumbnail, name="thumbnail"),
    path("files/<uuid:file_id>/discard/", views.discard, name="discard"),
    path("files/<uuid:file_id>/delete/", views.delete, name="delete"),
    path("settings/files/", views.own, name="own"),
]
