"""Four groups to begin with. Later they are the operators' own: nothing here changes a group that is there already."""

from django.db import migrations

VIEW, ADD, CHANGE, DELETE = "view", "add", "change", "delete"
ALL = (VIEW, ADD, CHANGE, DELETE)

ROLES = {
    "Operator": {
        "accounts.user": (*ALL, "suspend"),
        "accounts.invitation": (VIEW, ADD, DELETE),
        "audit.entry": (VIEW,),
        "conversations.conversation": (VIEW,),
        "conversations.preset": ALL,
        "faq.entry": ALL,
        "moderation.allowedphrase": ALL,
        "moderation.incident": (VIEW, CHANGE),
        "moderation.personalwarning": (VIEW, ADD),
        "moderation.sensitiveword": ALL,
        "providers.apikey": (VIEW, ADD, CHANGE),
        "providers.budget": ALL,
        "providers.languagemodel": ALL,
        "providers.price": ALL,
        "providers.provider": ALL,
        "providers.usagerecord": (VIEW,),
    },
    "Moderator": {
        "accounts.user": (VIEW, "suspend"),
        "conversations.conversation": (VIEW, "read"),
        "moderation.allowedphrase": ALL,
        "moderation.incident": (VIEW, CHANGE),
        "moderation.personalwarning": (VIEW, ADD),
        "moderation.sensitiveword": ALL,
    },
    "Accountant": {
        "accounts.user": (VIEW,),  # a budget of a person is found by name or address
        "providers.budget": ALL,
        "providers.languagemodel": (VIEW,),
        "providers.price": (VIEW,),
        "providers.usagerecord": (VIEW,),
    },
    "Read-only": {
        "accounts.invitation": (VIEW,),
        "accounts.user": (VIEW,),
        "audit.entry": (VIEW,),
        "auth.group": (VIEW,),
        "conversations.conversation": (VIEW,),
        "conversations.preset": (VIEW,),
        "faq.entry": (VIEW,),
        "moderation.allowedphrase": (VIEW,),
        "moderation.incident": (VIEW,),
        "moderation.personalwarning": (VIEW,),
        "moderation.sensitiveword": (VIEW,),
        "providers.apikey": (VIEW,),
        "providers.budget": (VIEW,),
        "providers.languagemodel": (VIEW,),
        "providers.price": (VIEW,),
        "providers.provider": (VIEW,),
        "providers.usagerecord": (VIEW,),
    },
}


def make_roles(apps, schema_editor):
    group_model = apps.get_model("auth", "Group")
    for name, rights in ROLES.items():
        group, is_new = group_model.objects.get_or_create(name=name)
        if is_new:
            wanted = [(kind, act) for kind, acts in rights.items() for act in acts]
            group.permissions.set([permission(apps, kind, act) for kind, act in wanted])


def permission(apps, kind, act):
    """Find a permission, or make it as Django would: on a new site it makes them only after all migrations."""
    label, model = kind.split(".")
    options = apps.get_model(label, model)._meta
    codename = f"{act}_{model}"
    names = {f"{one}_{model}": f"Can {one} {options.verbose_name}" for one in ALL} | dict(options.permissions)
    content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(app_label=label, model=model)
    found, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=content_type, codename=codename, defaults={"name": names[codename]}
    )
    return found


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0003_suspend_permission"),
        ("audit", "0001_entry"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("conversations", "0004_read_permission"),
        ("faq", "0001_entries"),
        ("moderation", "0002_warnings"),
        ("providers", "0002_answer_reuse"),
    ]

    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
