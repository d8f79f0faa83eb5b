"""The routes under ``/accounts/``: of allauth's only those with a page of ours, under its names."""

from allauth.account import views as allauth
from django.urls import path, re_path
from django.views.generic import RedirectView

from accounts import settings_views, token_views, views

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="account_settings")),
    path("login/", views.LoginView.as_view(), name="account_login"),
    path("logout/", allauth.LogoutView.as_view(), name="account_logout"),
    path("inactive/", views.AccountInactiveView.as_view(), name="account_inactive"),
    path("signup/", views.SignupView.as_view(), name="account_signup"),
    path("invite/<str:token>/", views.InvitationView.as_view(), name="account_invitation"),
    path("setup/<str:token>/", views.SetupView.as_view(), name="account_setup"),
    path("confirm-email/", views.EmailVerificationSentView.as_view(), name="account_email_verification_sent"),
    re_path(r"^confirm-email/(?P<key>[-:\w]+)/$", views.ConfirmEmailView.as_view(), name="account_confirm_email"),
    path("password/reset/", views.PasswordResetView.as_view(), name="account_reset_password"),
    path("password/reset/done/", views.PasswordResetDoneView.as_view(), name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.PasswordResetFromKeyView.as_view(),
        name="account_reset_password_from_key",
    ),
    path("settings/", settings_views.ProfileView.as_view(), name="account_settings"),
    path("settings/appearance/", settings_views.AppearanceView.as_view(), name="account_appearance"),
    path("settings/language/", settings_views.LanguageView.as_view(), name="account_language"),
    path("language/", settings_views.ChooseLanguageView.as_view(), name="account_choose_language"),
    path("settings/tokens/", token_views.TokensView.as_view(), name="account_tokens"),
    path("settings/tokens/revoke/", token_views.RevokeAllView.as_view(), name="account_revoke_tokens"),
    path("settings/tokens/<uuid:token_id>/revoke/", token_views.RevokeView.as_view(), name="account_revoke_token"),
    path("settings/password/", settings_views.PasswordView.as_view(), name="account_change_password"),
    path("settings/delete/", settings_views.DeleteAccountView.as_view(), name="account_delete"),
    path("deleted/", settings_views.DeletedView.as_view(), name="account_deleted"),
]
