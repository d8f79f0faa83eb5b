"""The forms of the entrance and of the settings: allauth's, with one field a row and one password."""

from __future__ import annotations

import unicodedata
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from allauth.account import forms as allauth
from allauth.account.fields import EmailField, PasswordField, SetPasswordField
from allauth.account.models import EmailAddress
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import EMAIL_LENGTH, NAME_LENGTH, Invitation, User
from accounts.passwords import MaximumLengthValidator
from accounts.resets import mail_within_limits
from accounts.services import accept_invitation, new_account

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest, HttpResponse

NEW_PASSWORD_HINT = gettext_lazy("At least 8 characters.")
JOINERS = "\u200c\u200d"  # some scripts need them between two letters
MAX_MARKS = 4  # on one letter; beyond that it is a joke or an attack


class NameField(forms.CharField):
    """A name on one line, of what can be seen: nothing turns the writing around, hides in it or towers over it."""

    def __init__(self, *, max_length: int = NAME_LENGTH, required: bool = False, autocomplete: str = "name") -> None:
        widget = forms.TextInput(attrs={"autocomplete": autocomplete, "dir": "auto"})
        super().__init__(label=gettext_lazy("Name"), required=required, max_length=max_length, widget=widget)

    def to_python(self, value: Any) -> str:
        line = " ".join(unicodedata.normalize("NFC", super().to_python(value) or "").split())
        return "".join(_visible(line)).strip(JOINERS + " ")


def _visible(text: str) -> Iterator[str]:
    marks = 0
    for char in text:
        category = unicodedata.category(char)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if marks <= MAX_MARKS and (char in JOINERS or category not in {"Cc", "Cf", "Cs", "Co", "Cn"}):
            yield char


class CardForm(forms.Form):
    """Gives every control our class, every password its hint, and the keyboard to the field that needs it."""

    takes_focus: ClassVar[bool] = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = "input"
            field.widget.attrs.pop("placeholder", None)
            if isinstance(field, PasswordField):
                _describe_password(field)
            if isinstance(field, EmailField):
                field.validators.append(MaxLengthValidator(EMAIL_LENGTH))
        if self.takes_focus and not self.is_bound:
            first = next(name for name, field in self.fields.items() if not self.get_initial_for_field(field, name))
            self.fields[first].widget.attrs["autofocus"] = True

    def full_clean(self) -> None:
        super().full_clean()
        wrong = [name for name in self.fields if name in self.errors]
        if self.errors:
            self.fields[wrong[0] if wrong else list(self.fields)[-1]].widget.attrs["autofocus"] = True


def _describe_password(field: PasswordField) -> None:
    is_new = field.widget.attrs["autocomplete"] == "new-password"
    field.help_text = NEW_PASSWORD_HINT if is_new else ""
    field.validators.append(MaximumLengthValidator().validate)


class LoginForm(CardForm, allauth.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs["autocomplete"] = "username"


class SignupForm(CardForm, allauth.SignupForm):
    """Makes an account without rights; with an invitation, spends it."""

    name = NameField()
    field_order = ("email", "name", "password1")

    def __init__(self, *args: Any, invitation: Invitation | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.invitation = invitation
        self.fields["email"].widget.attrs["autocomplete"] = "username"
        if invitation and invitation.email:
            self.initial["email"] = invitation.email
            self.fields["email"].disabled = True

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """Hash before looking whether the email is taken, so that both answers take the same time."""
        data = self.cleaned_data
        self._account = new_account(email=data["email"], name=data["name"], password=data["password1"])
        saved: tuple[User | None, HttpResponse | None] = super().try_save(request)
        return saved

    def save(self, request: HttpRequest) -> User:  # noqa: ARG002 - allauth's signature
        user = self._account
        with transaction.atomic():
            if self.invitation:
                accept_invitation(self.invitation, user=user)
            else:
                user.save()
            EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"primary": True})
        return user


class SetupForm(CardForm):
    """Asks for the first operator."""

    email = EmailField()
    name = NameField()
    password1 = SetPasswordField(label=gettext_lazy("Password"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].widget.attrs["autocomplete"] = "username"

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        if User.objects.filter(email=email).exists():
            raise ValidationError(_("There is an account with this email. Use another one for the operator."))
        return email

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if "password1" in data:
            user = User(email=data.get("email", ""), name=data.get("name", ""))
            try:
                validate_password(data["password1"], user)
            except ValidationError as error:
                self.add_error("password1", error)
        return data

    def build_account(self) -> User:
        data = self.cleaned_data
        return new_account(email=data["email"], name=data["name"], password=data["password1"])


class ResetPasswordForm(CardForm, allauth.ResetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].widget.attrs["autocomplete"] = "username"

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """Answer alike, whether the mail is one too many for its address or not."""
        email: str = self.cleaned_data["email"]
        mail_within_limits(email, partial(super().save, request, **kwargs))
        return email


class NewPasswordForm(CardForm, allauth.ResetPasswordKeyForm):
    password2 = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].label = _("New password")


class ChangePasswordForm(CardForm, allauth.ChangePasswordForm):
    takes_focus = False
    password2 = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].label = _("Current password")
        self.fields["password1"].label = _("New password")


class ProfileForm(CardForm):
    takes_focus = False
    name = NameField()


class AppearanceForm(forms.ModelForm):  # type: ignore[type-arg]  # as in views
    """How the pages look; what a request leaves out stays as it is."""

    class Meta:
        model = User
        fields = ("theme", "contrast", "text_size", "motion")
        widgets: ClassVar[dict[str, type[forms.Widget]]] = dict.fromkeys(fields, forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.is_bound:
            self.fields = {name: field for name, field in self.fields.items() if name in self.data}


class LanguageForm(forms.ModelForm):  # type: ignore[type-arg]  # as in views
    class Meta:
        model = User
        fields = ("language",)
        widgets: ClassVar[dict[str, forms.Widget]] = {"language": forms.RadioSelect()}


class DeleteAccountForm(CardForm):
    takes_focus = False
    password = PasswordField(label=gettext_lazy("Password"), autocomplete="current-password")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = user

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not self._user.check_password(password):
            raise ValidationError(_("This is not your password."))
        return password
