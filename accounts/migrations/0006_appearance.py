"""How the pages look to each person."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models

CHOICES = {
    "contrast": ("Contrast", "system", [("system", "System"), ("more", "High")]),
    "motion": ("Motion", "system", [("system", "System"), ("less", "Less")]),
    "text_size": (
        "Text size",
        "normal",
        [("small", "Small"), ("normal", "Normal"), ("large", "Large"), ("larger", "Larger")],
    ),
    "theme": ("Colours", "system", [("system", "System"), ("light", "Light"), ("dark", "Dark")]),
}


class Migration(migrations.Migration):
    dependencies: ClassVar = [("accounts", "0005_session_number")]
    operations: ClassVar = [
        migrations.AddField(
            model_name="user",
            name=name,
            field=models.CharField(verbose_name=label, max_length=10, choices=choices, default=default),
        )
        for name, (label, default, choices) in CHOICES.items()
    ]
