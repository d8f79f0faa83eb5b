"""The addresses of searching."""

from django.urls import path

from search import views

app_name = "search"

urlpatterns = [
    path("search/", views.page, name="page"),
    path("search/palette/", views.palette, name="palette"),
]
