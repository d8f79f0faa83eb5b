"""The pages of the providers' room."""

from django.urls import path

from providers.money.views import UsageView

app_name = "providers"

urlpatterns = [
    path("accounts/settings/usage/", UsageView.as_view(), name="usage"),
]
