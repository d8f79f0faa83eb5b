from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import pre_delete


class TransferConfig(AppConfig):
    name = "transfer"

    def ready(self) -> None:
        """Let exports and brought files leave the disk with their person."""
        from transfer.belongings import forget_person  # noqa: PLC0415 - the models come first

        pre_delete.connect(forget_person, sender=settings.AUTH_USER_MODEL, dispatch_uid="transfer.forget_person")
