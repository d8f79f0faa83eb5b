from django.apps import AppConfig


class ConversationsConfig(AppConfig):
    name = "conversations"

    def ready(self) -> None:
        """Let moderation try its list on what was said, without knowing of conversations."""
        from conversations.recent import recently_said  # noqa: PLC0415 - the models come first
        from moderation.trial import say_what_was_said  # noqa: PLC0415 - likewise

        say_what_was_said(recently_said)
