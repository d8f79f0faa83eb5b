from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("providers", "0002_answer_reuse"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="usagerecord",
            index=models.Index(fields=["model", "-created_at"], name="usage_of_model"),
        ),
        migrations.AddIndex(
            model_name="usagerecord",
            index=models.Index(fields=["subject"], name="usage_of_subject"),
        ),
    ]
