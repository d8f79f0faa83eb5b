"""The pages of exports and imports."""

from django.urls import path

from transfer import views

app_name = "transfer"

urlpatterns = [
    path("c/<uuid:conversation_id>/export/", views.export_one, name="export_one"),
    path("c/<uuid:conversation_id>/export/<str:ending>/", views.document, name="document"),
    path("c/<uuid:conversation_id>/print/", views.print_page, name="print"),
    path("settings/data/", views.data, name="data"),
    path("settings/data/exports/", views.start_export, name="start_export"),
    path("settings/data/exports/<uuid:export_id>/", views.download, name="download"),
    path("settings/data/exports/<uuid:export_id>/remove/", views.remove_export, name="remove_export"),
    path("settings/data/imports/", views.bring, name="bring"),
    path("settings/data/imports/<uuid:import_id>/take/", views.take, name="take"),
    path("settings/data/imports/<uuid:import_id>/remove/", views.remove_import, name="remove_import"),
]
