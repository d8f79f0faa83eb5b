"""The pages of shared conversations."""

from django.urls import path

from sharing import views

app_name = "sharing"

urlpatterns = [
    path("c/<uuid:conversation_id>/share/", views.share, name="share"),
    path("s/<str:token>/", views.shared, name="shared"),
    path("s/<str:token>/files/<uuid:file_id>/", views.file, name="file"),
    path("s/<str:token>/files/<uuid:file_id>/thumbnail/", views.thumbnail, name="thumbnail"),
    path("s/<str:token>/continue/", views.go_on, name="continue"),
    path("settings/links/", views.links, name="links"),
    path("settings/links/<uuid:link_id>/revoke/", views.revoke, name="revoke"),
]
