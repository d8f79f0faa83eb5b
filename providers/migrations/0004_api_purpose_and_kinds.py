from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("providers", "0003_usage_indexes"),
    ]

    operations = [
        migrations.AddField(
            model_name="languagemodel",
            name="kind",
            field=models.CharField(
                choices=[("chat", "Chat"), ("embedding", "Embedding")],
                default="chat",
                help_text="People talk with chat models only.",
                max_length=9,
            ),
        ),
        migrations.AlterField(
            model_name="usagerecord",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("chat", "Chat"),
                    ("title", "Title"),
                    ("tool", "Tool"),
                    ("image", "Image"),
                    ("speech", "Speech"),
                    ("api", "API"),
                ],
                default="chat",
                max_length=8,
            ),
        ),
    ]
