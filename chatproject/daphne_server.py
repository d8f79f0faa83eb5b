"""Daphne with what it lacks for a chat: backpressure, a drain before it stops, bounded bodies, and no name tag.

* Whose client does not read makes ``send`` wait once Twisted's buffer is full, answers as sockets, and a socket whose
  frames the application does not take is not read; stock daphne buffers all of it without bound.
* An answer that its application left unfinished is cut; stock daphne leaves the client waiting, or stops looking after
  all others.
* On SIGTERM or SIGINT the site drains while it is still reachable (readiness is red, answers go on to be written and
  shown); then the sockets close with 1012 and the process ends. A second signal cuts the wait short.
* A frame over the transport's limit ends the socket, so that limit is twice what the consumer refuses by word.
"""

from __future__ import annotations

import asyncio
import json
import logging
import signal
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote

from daphne.http_protocol import WebRequest
from daphne.server import Server
from daphne.ws_protocol import WebSocketProtocol
from django.conf import settings
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

from chatproject.errors import DomainError, InternalError
from chatproject.failures import failure_body
from chatproject.headers import SECURITY_HEADERS
from chatproject.limits import note_admitted, retry_after
from chatproject.requests import headers_of_scope, id_of_scope
from chatproject.uploads import Admitted, admit
from conversations import lifecycle
from conversations.protocol import MAX_FRAME_BYTES
from doors import running

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgiref.typing import HTTPScope

DRAIN_SECONDS = 25.0
CLOSE_SECONDS = 2.0
SERVICE_RESTART = 1012
MAX_TRANSPORT_FRAME_BYTES = 2 * MAX_FRAME_BYTES
MAX_UNTAKEN_FRAMES = 8
UNTAKEN_LOOK_SECONDS = 0.02
READ_BYTES = 8 * 1024  # at once: a thousand of the smallest frames, which nobody else should have to wait for
BROKEN = "Something went wrong here. Please try again in a moment."
logger = logging.getLogger(__name__)


def _bare_answer(scope: HTTPScope, error: DomainError) -> bytes:
    """Write an answer to who never reached the application, after which the connection is closed."""
    status = HTTPStatus(error.http_status)
    told = failure_body(scope["path"], status, error.message, request_id=id_of_scope(scope))
    body = (json.dumps(told) if told else f"{error.message}\n").encode()
    headers = {"connection": "close", "content-length": str(len(body)), **SECURITY_HEADERS}
    headers["content-type"] = "application/json" if told else "text/plain; charset=utf-8"
    headers |= {name.decode(): value.decode() for name, value in retry_after(error)}
    if told:
        headers |= headers_of_scope(scope)
    lines = (f"HTTP/1.1 {status} {status.phrase}", *(f"{name}: {value}" for name, value in headers.items()), "\r\n")
    return "\r\n".join(lines).encode() + body


@implementer(IPushProducer)
class WriteGate:
    """Closed while the transport's buffer is full."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._open.set()
        self.wait = self._open.wait

    def pauseProducing(self) -> None:  # noqa: N802 - Twisted's name
        self._open.clear()

    def resumeProducing(self) -> None:  # noqa: N802 - Twisted's name
        self._open.set()

    stopProducing = resumeProducing  # noqa: N815 - Twisted's name


class Socket(WebSocketProtocol):  # type: ignore[misc] # daphne has no types
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.gate = WriteGate()
        self._is_paused = False

    def onOpen(self) -> None:  # noqa: N802 - autobahn's name
        super().onOpen()
        self.transport.bufferSize = READ_BYTES
        self.transport.unregisterProducer()  # the HTTP channel that this socket grew out of
        self.transport.registerProducer(self.gate, streaming=True)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: FBT001, N802, N803 - autobahn's
        super().onMessage(payload, isBinary)
        if not self._is_paused and self._has_untaken():
            self._is_paused = True
            self.transport.pauseProducing()
            self._read_on()

    def _has_untaken(self) -> bool:
        return bool(self.application_queue.qsize() > MAX_UNTAKEN_FRAMES)

    def _read_on(self) -> None:
        """Look until the application has caught up; its queue is daphne's and tells nobody."""
        if self._has_untaken():
            reactor.callLater(UNTAKEN_LOOK_SECONDS, self._read_on)  # type: ignore[arg-type] # zope has no self
        else:
            self._is_paused = False
            self.transport.resumeProducing()

    def onClose(self, wasClean: bool, code: int, reason: str) -> None:  # noqa: FBT001, N802, N803 - autobahn's
        self.gate.resumeProducing()
        super().onClose(wasClean, code, reason)


class Request(WebRequest):  # type: ignore[misc] # daphne has no types
    """A request that keeps no more of its body than is needed to refuse it, nor of an answer that nobody reads."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.gate = WriteGate()
        self._parsePOSTFormSubmission = False  # Django reads forms; Twisted would read them whole, and alone judge them
        self._received = 0
        self._most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        self.admitted: Admitted | None = None

    def gotLength(self, length: int | None) -> None:  # noqa: N802 - Twisted's name
        """Read no further of a declared body over the limit until it is known who may send so much, and where."""
        super().gotLength(length)
        if (length or 0) > self._most:
            self.channel._networkProducer.pauseProducing()  # noqa: SLF001 - as daphne resumes it
            self._asking = asyncio.ensure_future(self._ask(length or 0))

    async def _ask(self, length: int) -> None:
        """Read on, or hang up: nobody would read the body, so nothing of ours could answer later."""
        path = unquote(self.channel._path.partition(b"?")[0].decode("latin-1"))  # noqa: SLF001 - not handed over yet
        headers = [(name.lower(), value) for name, values in self.requestHeaders.getAllRawHeaders() for value in values]
        method = self.channel._command.decode("latin-1")  # noqa: SLF001 - likewise
        scope = cast("HTTPScope", {"method": method, "path": path, "headers": headers})
        refusal: DomainError | None = None
        try:
            self.admitted = await admit(scope, length, self._most)
            self._most = self.admitted.most
        except DomainError as error:
            refusal = error
        except Exception:
            logger.exception("Nobody could tell who sends a large body. Request %s.", id_of_scope(scope))
            refusal = InternalError(BROKEN)
        if self.channel is None:
            self._let_go()
            return
        self.channel._networkProducer.resumeProducing()  # noqa: SLF001 - likewise
        if refusal:
            self.channel.transport.write(_bare_answer(scope, refusal))
            self.channel.loseConnection()

    def _let_go(self) -> None:
        if self.admitted:
            self.admitted.end()

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        if self._received <= self._most:
            super().handleContentChunk(data)
        self._received += len(data)

    def process(self) -> Any:
        self.requestHeaders.removeHeader(b"daphne-root-path")
        return super().process()

    def handle_reply(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start" and not (self.producer or self.finished or self.channel is None):
            self.registerProducer(self.gate, streaming=True)
        super().handle_reply(message)

    def finish(self) -> None:
        self._let_go()
        if self.producer is not None and self.channel is not None:
            self.unregisterProducer()
        super().finish()

    def connectionLost(self, reason: Any) -> None:  # noqa: N802 - Twisted's name
        self._let_go()
        self.gate.resumeProducing()
        super().connectionLost(reason)

    def handle_exception(self, exception: Exception) -> None:
        if not self._response_started:
            super().handle_exception(exception)

    def cut_unfinished(self, _application: object) -> None:
        """Hang up on who waits for the rest of an answer, of which nothing more will come."""
        if self._response_started and not self.finished and self.channel is not None:
            self.transport.abortConnection()

    def basic_error(self, status: int, status_text: bytes, body: str) -> None:
        """Answer what never reached the application; ``body`` is meant for developers and is logged."""
        logger.info("Refused a request: %d %s", status, body)
        headers = {"content-type": "text/plain; charset=utf-8", **SECURITY_HEADERS}
        encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
        self.handle_reply({"type": "http.response.start", "status": status, "headers": encoded})
        self.handle_reply({"type": "http.response.body", "body": status_text + b"\n"})


class ChatServer(Server):  # type: ignore[misc] # daphne has no types
    """``on_start`` runs inside the loop, ``on_listen`` gets the address, ``on_stop`` comes before a drain."""

    def __init__(
        self,
        application: Any,
        endpoints: list[str],
        *,
        on_start: Callable[[], None],
        on_listen: Callable[[str, int], None],
        on_stop: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(
            application,
            endpoints=endpoints,
            websocket_timeout=-1,
            websocket_handshake_timeout=20,
            websocket_max_message_size=MAX_TRANSPORT_FRAME_BYTES,
            websocket_max_frame_size=MAX_TRANSPORT_FRAME_BYTES,
            request_buffer_size=64 * 1024,
            ping_interval=20,
            ping_timeout=30,
            server_name="",
            ready_callable=self._prepare,
        )
        self._on_start = on_start
        self._on_listen = on_listen
        self._on_stop = on_stop
        self.failure = ""

    def _prepare(self) -> None:
        """Name our protocols; daphne makes its factories itself, inside ``run``."""
        build_channel = self.http_factory.buildProtocol

        def build_our_channel(address: Any) -> Any:
            channel = build_channel(address)
            channel.requestFactory = Request
            return channel

        self.http_factory.buildProtocol = build_our_channel
        self.ws_factory.protocol = Socket
        self.ws_factory.setProtocolOptions(
            failByDrop=False,  # say why (1009, 1007) before hanging up
            allowNullOrigin=True,  # refused like all foreign origins, by chatproject/origins.py
        )
        reactor.callLater(0, self._on_start)  # type: ignore[arg-type] # zope has no self

    def listen_success(self, port: Any) -> None:
        super().listen_success(port)
        self._on_listen(*self.listening_addresses[-1])

    def listen_error(self, failure: Any) -> None:
        self.failure = failure.getErrorMessage()
        self.stop()

    def create_application(self, protocol: Any, scope: Any) -> Any:
        if isinstance(protocol, Request) and protocol.admitted:
            note_admitted(scope, protocol.admitted)
        queue = super().create_application(protocol, scope)
        if queue is not None and isinstance(protocol, Request):
            self.connections[protocol]["application_instance"].add_done_callback(protocol.cut_unfinished)
        return queue

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        if message["type"] in {"websocket.send", "http.response.body"}:
            await protocol.gate.wait()
        await super().handle_reply(protocol, message)

    def kill_all_applications(self) -> Any:
        return Deferred.fromFuture(asyncio.ensure_future(self._stop_gracefully()))

    async def _stop_gracefully(self) -> None:
        self._on_stop()
        hurry = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, hurry.set)
        await _first(lifecycle.drain(DRAIN_SECONDS, running.drain), hurry.wait())
        if hurry.is_set():
            await lifecycle.drain(0, running.drain)
        await self._close_sockets()
        await self._cancel_applications()

    async def _close_sockets(self) -> None:
        sockets = [protocol for protocol in self.connections if isinstance(protocol, Socket)]
        for socket in sockets:
            socket.sendCloseFrame(code=SERVICE_RESTART)
        closed = asyncio.gather(*(self._application_end(socket) for socket in sockets))
        await asyncio.wait({closed}, timeout=CLOSE_SECONDS)

    async def _application_end(self, protocol: Any) -> None:
        if application := self.connections[protocol].get("application_instance"):
            await asyncio.wait({application})

    async def _cancel_applications(self) -> None:
        running = [details.get("application_instance") for details in self.connections.values()]
        pending = [application for application in running if application and not application.done()]
        for application in pending:
            application.cancel()
        await asyncio.gather(*pending, return_exceptions=True)


async def _first(*works: Any) -> None:
    """Wait for the first of ``works`` and cancel the others."""
    tasks = [asyncio.ensure_future(work) for work in works]
    _, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
