"""What two of the first groups may do with what is new; those that were given up or renamed stay as they are."""

from importlib import import_module

from django.db import migrations

roles = import_module("accounts.migrations.0004_roles")

RIGHTS = {"Operator": (roles.VIEW, roles.DELETE), "Read-only": (roles.VIEW,)}


def give_rights(apps, schema_editor):
    for group in apps.get_model("auth", "Group").objects.filter(name__in=RIGHTS):
        group.permissions.add(*(roles.permission(apps, "accounts.apitoken", act) for act in RIGHTS[group.name]))


class Migration(migrations.Migration):

    dependencies = [("accounts", "0008_api_token")]

    operations = [migrations.RunPython(give_rights, migrations.RunPython.noop)]
