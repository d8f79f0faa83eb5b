"""How the pages look to one person: what can be chosen, and what it is called."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Theme(TextChoices):
    SYSTEM = "system", _("System")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class Contrast(TextChoices):
    SYSTEM = "system", _("System")
    MORE = "more", _("High")


class TextSize(TextChoices):
    SMALL = "small", _("Small")
    NORMAL = "normal", _("Normal")
    LARGE = "large", _("Large")
    LARGER = "larger", _("Larger")


class Motion(TextChoices):
    SYSTEM = "system", _("System")
    LESS = "less", _("Less")
