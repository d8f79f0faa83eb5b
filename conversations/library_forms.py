"""The shape of what the pages about folders, tags and many conversations send."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.forms import CardForm, NameField
from chatproject.errors import BadRequest, NotFound
from conversations.filing import Wish, save_folder
from conversations.models import Folder
from conversations.preset_forms import model_choices, screen_fields
from conversations.presets import MAX_INSTRUCTIONS

if TYPE_CHECKING:
    from django.http import QueryDict
    from django_stubs_ext import StrOrPromise

    from accounts.models import User


class FolderForm(CardForm, forms.ModelForm):  # type: ignore[type-arg]  # takes no parameter at run time
    """Makes or changes a folder of a person."""

    takes_focus = False
    retry_after = 0
    """Seconds to wait, where it was refused for being one too many."""

    name = NameField(max_length=60, required=True, autocomplete="off")
    model = forms.ChoiceField(
        label=gettext_lazy("Model"),
        required=False,
        help_text=gettext_lazy("What a new conversation in it begins with."),
    )
    instructions = forms.CharField(
        label=gettext_lazy("Instructions"),
        required=False,
        max_length=MAX_INSTRUCTIONS,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "dir": "auto"}),
        help_text=gettext_lazy("Said to the model before every conversation in it."),
    )

    class Meta:
        model = Folder
        fields: ClassVar[tuple[str, ...]] = ("name", "parent", "model", "instructions")
        labels: ClassVar[dict[str, StrOrPromise]] = {"parent": gettext_lazy("Lies in")}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self._user = user
        kwargs["instance"] = kwargs.get("instance") or Folder(user=user)
        super().__init__(*args, **kwargs)
        parent: Any = self.fields["parent"]
        parent.queryset = Folder.objects.filter(user=user, parent=None).exclude(pk=self.instance.pk)
        parent.label_from_instance = lambda folder: folder.name
        parent.empty_label = _("No other folder")
        self.fields["model"].choices = [("", _("The one chosen last")), *model_choices(self.instance.model)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not self.errors:
            self.retry_after = screen_fields(self, self._user, data, ("name", "instructions"))
        return data

    def save(self, commit: bool = True) -> Folder:  # noqa: FBT001, FBT002 - Django's signature
        folder: Folder = super().save(commit=False)
        return save_folder(folder) if commit else folder

    def try_to_save(self) -> bool:
        """Save what is valid; False where it is not, or cannot be stored like this."""
        if not self.is_valid():
            return False
        try:
            self.save()
        except (BadRequest, NotFound) as error:
            self.add_error("parent", error.message)
            return False
        return True


def read_wish(data: QueryDict) -> tuple[list[UUID], Wish]:
    """Read which conversations are meant and what is to be done; raises BadRequest, NotFound for what is no id."""
    folder = data.get("folder", "")
    ids = [_read_id(one) for one in data.getlist("conversation")]
    return ids, Wish(data.get("action", ""), _read_id(folder) if folder else None, data.get("tag", "")[:1000])


def _read_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(_("One of these conversations or folders is not there.")) from None
