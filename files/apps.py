from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "files"

    def ready(self) -> None:
        """Let messages carry files without conversations knowing of them."""
        from conversations import attachments  # noqa: PLC0415 - the models come first
        from files.attaching import Files  # noqa: PLC0415 - likewise

        attachments.use(Files())
