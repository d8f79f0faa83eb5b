"""``manage.py serve``: one process that is the whole site; what ``make run`` ends in."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from daphne.endpoints import build_endpoint_description_strings
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from accounts.setup import setup_link
from chatproject import single_process
from chatproject.environment import is_loopback
from conversations.generation import running
from providers.gateway import get_gateway

if TYPE_CHECKING:
    from providers.gateway import ProviderListing

LISTING_SECONDS = 8.0
"""After this a provider without a list is told with its reason; the reason of an earlier start may be out of date."""

LONGEST_SECONDS = 60.0


class Command(BaseCommand):
    help = "Prepare the site as `prepare` does, and serve it on HOST and PORT."

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        single_process.claim()
        call_command("prepare", stdout=self.stdout)
        # Only now: these look at the files, and install Twisted's reactor.
        from chatproject.asgi import application  # noqa: PLC0415
        from chatproject.daphne_server import ChatServer  # noqa: PLC0415

        self._application = application
        self._setup_link = setup_link()
        endpoints = build_endpoint_description_strings(host=settings.HOST, port=settings.PORT)
        server = ChatServer(
            application, endpoints, on_start=self._start, on_listen=self._greet, on_stop=self._say_stopping
        )
        server.run()
        if server.failure:
            raise CommandError(f"Not started: {server.failure} Another PORT may be free.")
        self._say("Stopped. Everything is saved.")

    def _start(self) -> None:
        self._application.start()
        self._announcement = asyncio.get_running_loop().create_task(self._announce_providers())

    def _greet(self, host: str, _port: int) -> None:
        self._say(f"\n{settings.SITE_NAME} is ready: {settings.PUBLIC_URL}")
        if not is_loopback(host) and is_loopback(settings.PUBLIC_URL.split("//")[1].split(":")[0]):
            self._say("To let others in, set PUBLIC_URL to the address they use (see .env.example).")
        if self._setup_link:
            self._say(f"Begin here: this link makes you the operator, once: {self._setup_link}")
        self._say("Stop with Ctrl+C; answers that are being written are saved.")

    def _say_stopping(self) -> None:
        if is_writing := running():
            answers = "1 answer is" if is_writing == 1 else f"{is_writing} answers are"
            self._say(f"\nStopping: {answers} still being written. Ctrl+C again stops now, and keeps what is written.")

    async def _announce_providers(self) -> None:
        """Name each provider as soon as something is known of it."""
        gateway, now = get_gateway(), asyncio.get_running_loop().time
        begun, told = now(), set[str]()
        while now() < begun + LONGEST_SECONDS:
            listings = gateway.list_providers()
            for listing in listings:
                is_known = listing.models is not None or (listing.reason and now() > begun + LISTING_SECONDS)
                if is_known and listing.id not in told:
                    told.add(listing.id)
                    self._say(_describe(listing))
            if told >= {listing.id for listing in listings}:
                return
            gateway.ensure_fresh()
            await asyncio.sleep(0.1)
        for listing in gateway.list_providers():
            if listing.id not in told:
                self._say(_describe(listing))

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _describe(listing: ProviderListing) -> str:
    if listing.id == "demo":
        return "No provider is connected, so a demonstration answers. Connect one: see .env.example."
    if listing.models is None:
        return f"{listing.label}: {listing.reason or 'its models are not known yet.'}"
    count = len(listing.models)
    return f"{listing.label} is connected: {count} {'model' if count == 1 else 'models'}."
