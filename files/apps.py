from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_delete


class FilesConfig(AppConfig):
    name = "files"

    def ready(self) -> None:
        """Let messages carry files without conversations knowing of them, and files go with their person."""
        from conversations import attachments  # noqa: PLC0415 - the models come first
        from files.attaching import Files  # noqa: PLC0415 - likewise
        from files.sweeping import forget_person  # noqa: PLC0415 - likewise

        attachments.use(Files())
        post_delete.connect(forget_person, sender=settings.AUTH_USER_MODEL, dispatch_uid="files.forget_person")
