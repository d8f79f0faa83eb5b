"""Who uses the site, and the one-time links that let people in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from accounts.appearance import Contrast, Motion, TextSize, Theme
from accounts.fields import LowercaseEmailField

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django_stubs_ext import StrOrPromise

NAME_LENGTH = 120
EMAIL_LENGTH = 254
INVITATION_DAYS = 7
TOKEN_NAME_LENGTH = 60
LANGUAGES = (("", _("As the browser")), *settings.LANGUAGES)


class UserManager(BaseUserManager["User"]):
    """People are found by email, whatever its case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.create_user(email, password, is_staff=True, is_superuser=True, **fields)
        user.confirm_email()
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """A person; ``email`` is the login and is unique whatever its case."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = LowercaseEmailField(
        max_length=EMAIL_LENGTH, unique=True, error_messages={"unique": "There is an account with this email."}
    )
    name = models.CharField(max_length=NAME_LENGTH, blank=True)
    is_active = models.BooleanField("active", default=True, help_text="Suspended people are out of every door.")
    is_staff = models.BooleanField("operator", default=False, help_text="May enter the admin.")
    created_at = models.DateTimeField(auto_now_add=True)
    session_number = models.PositiveIntegerField(default=0, editable=False)
    theme = models.CharField(_("Colours"), max_length=10, choices=Theme, default=Theme.SYSTEM)
    contrast = models.CharField(_("Contrast"), max_length=10, choices=Contrast, default=Contrast.SYSTEM)
    text_size = models.CharField(_("Text size"), max_length=10, choices=TextSize, default=TextSize.NORMAL)
    motion = models.CharField(_("Motion"), max_length=10, choices=Motion, default=Motion.SYSTEM)
    language = models.CharField(_("Language"), max_length=10, choices=LANGUAGES, blank=True)

    objects: ClassVar[UserManager] = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ("email",)
        permissions = (("suspend_user", "Can suspend people who are no operators"),)

    def __str__(self) -> str:
        return self.email

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] if self.name else self.email.split("@")[0]

    def get_session_auth_hash(self) -> str:
        """Give what a session must hold to be this person's: it changes with the password and ``session_number``."""
        return self._numbered(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        return map(self._numbered, super().get_session_auth_fallback_hash())

    def _numbered(self, signature: str) -> str:
        return f"{signature}{self.session_number or ''}"

    @property
    def is_operator(self) -> bool:
        return self.is_staff or self.is_superuser

    def confirm_email(self) -> None:
        """Take ``email`` as this person's, and as the only address they sign in with."""
        EmailAddress.objects.filter(user=self).exclude(email=self.email).delete()
        EmailAddress.objects.update_or_create(user=self, email=self.email, defaults={"verified": True, "primary": True})


def invitation_expiry() -> datetime:
    return timezone.now() + timedelta(days=INVITATION_DAYS)


class Invitation(models.Model):
    """A link that makes one account; only the hash of its token is kept."""

    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    email = LowercaseEmailField(blank=True, help_text="Only this address can use it. Leave empty for anybody.")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        User,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="invitations_made",
    )
    expires_at = models.DateTimeField(default=invitation_expiry)
    used_at = models.DateTimeField(null=True, blank=True, editable=False)
    used_by = models.ForeignKey(
        User,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="invitations_used",
    )

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"Invitation for {self.email or 'anybody'}"

    @property
    def is_open(self) -> bool:
        return self.used_at is None and self.expires_at > timezone.now()


class SetupLink(models.Model):
    """The one-time link for the first operator; there is at most one row, and none once it was used."""

    ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    token_hash = models.CharField(max_length=64)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Setup link until {self.expires_at:%Y-%m-%d %H:%M}"


class Scope(models.TextChoices):
    """What a token may do."""

    READ = "read", _("Read your chats, files and usage")
    CHAT = "chat", _("Ask models, and change what is yours")
    ADMIN = "admin", _("Look after the site, as you may in the administration")


class ApiToken(models.Model):
    """A way in for programs, as its person; only the hash of its secret is kept, and revoking it deletes it.

    ``prefix`` is how the secret begins, to recognise it by; ``scopes`` are values of ``Scope`` with spaces between.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens", editable=False)
    name = models.CharField(max_length=TOKEN_NAME_LENGTH)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    prefix = models.CharField(max_length=12, editable=False)
    scopes = models.CharField(max_length=60, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ("-created_at", "-pk")
        verbose_name = "API token"

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def has_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def scope_words(self) -> list[StrOrPromise]:
        """What it may do, in words for people."""
        return [Scope(value).label for value in self.scopes.split()]
