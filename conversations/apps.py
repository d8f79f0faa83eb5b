from django.apps import AppConfig


class ConversationsConfig(AppConfig):
    name = "conversations"

    def ready(self) -> None:
        """Let others do what takes conversations without knowing of them: try a list, tell who is warned, suspend."""
        from accounts.services import suspended  # noqa: PLC0415 - the models come first
        from conversations.admission import stop_replies  # noqa: PLC0415 - likewise
        from conversations.broadcast import tell_warned_soon  # noqa: PLC0415 - likewise
        from conversations.recent import count_recently_said, recently_said  # noqa: PLC0415 - likewise
        from moderation.measures import tell_who_is_warned  # noqa: PLC0415 - likewise
        from moderation.trial import say_what_was_said  # noqa: PLC0415 - likewise

        say_what_was_said(recently_said, count_recently_said)
        tell_who_is_warned(tell_warned_soon)
        suspended.connect(stop_replies, dispatch_uid="conversations.stop_replies")
