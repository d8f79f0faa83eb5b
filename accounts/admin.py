"""People and invitations, for operators.

Who is not a superuser may look after people, but not touch operators, and gives nobody any rights.
"""

from __future__ import annotations

from functools import partial, wraps
from typing import TYPE_CHECKING, Any

from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin as StockGroupAdmin
from django.contrib.auth.admin import UserAdmin as StockUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from accounts.addresses import public_address
from accounts.models import ApiToken, Invitation, User
from accounts.resets import send_reset_link
from accounts.services import delete_account, invite_person, reinstate_user, suspend_user
from accounts.sessions import close_after_commit
from accounts.suspension import is_superuser, may_suspend_person, may_touch, suspension_page
from audit.admin import AuditedAdmin, address_of
from audit.services import record, recording

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.db.models import QuerySet
    from django.forms import ModelForm
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern

MOST_FOUND = 1_000
RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")

# The lists need the width; the first page names every section.
admin.site.enable_nav_sidebar = False
admin.site.site_header = admin.site.site_title = f"{settings.SITE_NAME}, for operators"
# One entrance with one throttle: the admin's own login page would have neither.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
# Whoever could add an address to another account could reset its password.
admin.site.unregister(EmailAddress)
admin.site.unregister(Group)


def recorded(change_password: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let the page for one's own password leave an entry in the audit log."""

    @wraps(change_password)
    def page(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method != "POST":
            return change_password(request, extra_context)
        own = User.objects.filter(email=request.user.get_username())
        with recording(request.user, "change password", own, address=address_of(request)):
            return change_password(request, extra_context)

    return page


admin.site.password_change = recorded(admin.site.password_change)  # type: ignore[method-assign, assignment]


class PersonCreationForm(AdminUserCreationForm):  # type: ignore[type-arg]  # takes no parameter at run time
    class Meta:
        model = User
        fields = ("email", "name")


class PersonChangeForm(UserChangeForm):  # type: ignore[type-arg]  # likewise
    class Meta:
        model = User
        fields = ("email", "name", *RIGHTS)


@admin.register(User)
class UserAdmin(AuditedAdmin, StockUserAdmin):  # type: ignore[type-arg]  # likewise
    form = PersonChangeForm
    add_form = PersonCreationForm
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        ("What they may do", {"fields": ("is_active", *RIGHTS)}),
        ("Dates", {"fields": ("created_at", "last_login")}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("email", "name", "usable_password", "password1", "password2")}),
    )
    # A page of before a suspension, saved after it, would let the person in again.
    readonly_fields = ("is_active", "created_at", "last_login")
    list_display = ("email", "name", "is_staff", "is_active", "created_at", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser", "created_at", "last_login")
    search_fields = ("email", "name")
    search_help_text = f"How an email address begins, or a part of a name; at most {MOST_FOUND:,} are found."
    ordering = ("-pk",)  # by the time of sign-up, along the primary key
    actions = ("suspend", "reinstate")
    unrecorded = ("session_number",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        """Find addresses along their index; names take one walk through all people, and not one for each query."""
        term = search_term.strip()
        if not term:
            return super().get_search_results(request, queryset, "")
        begins = Q(email__startswith=term.lower())
        if "@" in term:
            return queryset.filter(begins), False
        found = queryset.filter(begins | Q(name__icontains=term)).order_by()[:MOST_FOUND]
        return queryset.filter(pk__in=list(found.values_list("pk", flat=True))), False

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Leave what lets somebody in as another to superusers: rights, and the address that links are sent to.

        Nobody promotes themselves.
        """
        rights = () if is_superuser(request.user) and obj != request.user else RIGHTS
        entrance = ("email",) if obj and not is_superuser(request.user) else ()
        return (*self.readonly_fields, *entrance, *rights)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        person = self.get_object(request, unquote(object_id))
        may_suspend = person and self.has_suspend_permission(request) and may_suspend_person(request.user, person)
        context = {**(extra_context or {}), "to_suspend": person if may_suspend else None}
        return super().change_view(request, object_id, form_url, context)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        if obj is None or is_superuser(request.user):
            return super().get_fieldsets(request, obj)
        return ((None, {"fields": ("email", "name")}), *self.fieldsets[1:])

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return may_touch(request.user, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return may_touch(request.user, obj) and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm[User], change: bool) -> None:  # noqa: FBT001 - Django's signature
        super().save_model(request, obj, form, change)
        if not change or "email" in form.changed_data:
            obj.confirm_email()

    def delete_model(self, request: HttpRequest, obj: User) -> None:  # noqa: ARG002 - Django's signature
        delete_account(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:  # noqa: ARG002 - Django's signature
        for user in queryset:
            delete_account(user)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002 - Django's signature
        if not is_superuser(request.user):
            raise PermissionDenied
        if request.method != "POST":
            return super().user_change_password(request, id, form_url)
        person = self.get_object(request, unquote(id))
        chosen = User.objects.filter(pk=person.pk) if person else User.objects.none()
        with self.recording(request, "change password", chosen):
            return super().user_change_password(request, id, form_url)

    def has_suspend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.suspend_user")

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], Any]:
        """Name the people alone: what is theirs goes with them, and can be too much to list."""
        kept = {str(self.opts.verbose_name) for person in objs if not self.has_delete_permission(request, person)}
        return [str(person) for person in objs], {self.opts.verbose_name_plural: len(objs)}, kept, []

    def get_urls(self) -> list[URLPattern]:
        guard = self.admin_site.admin_view
        page = guard(partial(suspension_page, self))
        own = [
            path("<uuid:user_id>/suspension/", page, name="accounts_user_suspension"),
            path("<uuid:user_id>/reset-link/", guard(self.mail_link), name="accounts_user_reset_link"),
        ]
        return [*own, *super().get_urls()]

    @method_decorator(require_POST)
    def mail_link(self, request: HttpRequest, user_id: UUID) -> HttpResponse:
        """Mail somebody a link for a new password: nobody else learns it."""
        person = get_object_or_404(User, pk=user_id)
        if not self.has_change_permission(request, person):
            raise PermissionDenied
        if send_reset_link(request, person):
            record(request.user, "send reset link", person, address=address_of(request))
            self.message_user(request, f"The link is on its way to {person.email}.", messages.SUCCESS)
        elif person.is_active:
            words = f"{person.email} got links in the last minutes, and they still work. No other one was sent."
            self.message_user(request, words, messages.WARNING)
        else:
            self.message_user(request, "Suspended people get no link. Let them in again first.", messages.WARNING)
        return redirect("admin:accounts_user_change", person.pk)

    @admin.action(description="Suspend the selected people", permissions=["change", "suspend"])
    def suspend(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._apply(request, queryset, suspend_user, "Suspended")

    @admin.action(description="Reinstate the selected people", permissions=["change", "suspend"])
    def reinstate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._apply(request, queryset, reinstate_user, "Reinstated")

    def _apply(
        self, request: HttpRequest, queryset: QuerySet[User], service: Callable[[User], User], done: str
    ) -> None:
        chosen = list(queryset)
        open_to_us = [user for user in chosen if may_suspend_person(request.user, user)]
        for user in open_to_us:
            service(user)
            self.log_change(request, user, done)
        self.message_user(request, f"{done}: {len(open_to_us)}.", messages.SUCCESS)
        if left := len(chosen) - len(open_to_us):
            self.message_user(request, f"Left as they are, yourself or operators: {left}.", messages.WARNING)


@admin.register(Group)
class GroupAdmin(AuditedAdmin, StockGroupAdmin):
    """Groups carry rights, so they are for superusers."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:  # noqa: ARG002 - Django's signature
        return is_superuser(request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:  # noqa: ARG002 - Django's signature
        return is_superuser(request.user)

    def delete_model(self, request: HttpRequest, obj: Group) -> None:
        self.delete_queryset(request, Group.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Group]) -> None:
        """Say of each person that the group is gone for them: rights went with it."""
        members = User.objects.filter(
            pk__in=list(User.objects.filter(groups__in=queryset).values_list("pk", flat=True))
        )
        with self.recording(request, "lose group", members):
            super().delete_queryset(request, queryset)


@admin.register(Invitation)
class InvitationAdmin(AuditedAdmin):
    """Adding one shows its link, once; deleting one revokes it."""

    fields = ("email", "expires_at")
    list_display = ("__str__", "created_by", "created_at", "expires_at", "used_by", "used_at")
    list_filter = ("created_at", "used_at")
    list_select_related = ("created_by", "used_by")
    search_fields = ("email", "used_by__email")

    def has_change_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:  # noqa: ARG002 - Django's signature
        return False

    def save_model(self, request: HttpRequest, obj: Invitation, form: Any, change: bool) -> None:  # noqa: ARG002, FBT001 - Django's signature
        author = request.user if isinstance(request.user, User) else None
        invitation, token = invite_person(email=obj.email, expires_at=obj.expires_at, created_by=author)
        obj.pk = invitation.pk
        link = public_address("account_invitation", token)
        self.message_user(request, f"The link, shown only now: {link}", messages.WARNING)


@admin.register(ApiToken)
class ApiTokenAdmin(AuditedAdmin):
    """Tokens, to be seen and revoked by deleting them. What is shown of a secret is how it begins."""

    fields = ("user", "name", "prefix", "scopes", "created_at", "expires_at", "last_used_at")
    readonly_fields = fields
    list_display = ("name", "prefix", "user", "scopes", "created_at", "expires_at", "last_used_at")
    list_filter = ("created_at", "last_used_at")
    list_select_related = ("user",)
    ordering = ("-pk",)  # by the time of their making, along the primary key
    search_fields = ("^prefix", "^user__email")
    search_help_text = "How a token or an email address begins."
    unrecorded = ("last_used_at",)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        return False

    def has_change_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:  # noqa: ARG002 - likewise
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return may_touch(request.user, obj.user if obj else None) and super().has_delete_permission(request, obj)

    def delete_model(self, request: HttpRequest, obj: ApiToken) -> None:
        self.delete_queryset(request, ApiToken.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        """Let what was opened with one of these look again whether it may go on."""
        owners = set(queryset.values_list("user_id", flat=True))
        super().delete_queryset(request, queryset)
        for owner in owners:
            close_after_commit(owner)
