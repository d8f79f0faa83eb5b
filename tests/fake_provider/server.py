"""The server: decides what each call does, answers it, and remembers it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Self

from tests.fake_provider.anthropic_wire import ANTHROPIC_MODELS, AnthropicWire
from tests.fake_provider.behaviour import PRESETS, Behaviour, answer_text, find_directive, from_mapping
from tests.fake_provider.billing import Tokens, bill, count_prompt, usage_of
from tests.fake_provider.embedding import EMBEDDINGS, embedded_texts, embeddings
from tests.fake_provider.http import Connection, HttpRequest
from tests.fake_provider.openai_wire import OPENAI_MODELS, OpenAIWire
from tests.fake_provider.opinions import OPINIONS, texts_of, verdicts
from tests.fake_provider.plan import End, Plan
from tests.fake_provider.records import PATIENCE, RequestRecord
from tests.fake_provider.wire import Wire, last_user_text
from tests.fake_provider.wishes import grant

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType


@dataclass
class _Script:
    behaviour: Behaviour
    times: int
    model: str | None
    contains: str | None

    def fits(self, model: str, question: str) -> bool:
        return self.times > 0 and self.model in {None, model} and (self.contains or "") in question


class FakeProvider:
    """See the package's docstring. Everything here belongs to the event loop that entered it."""

    def __init__(self, default: Behaviour | None = None) -> None:
        self.default = default or Behaviour()
        self.keys: dict[str, Behaviour] = {}
        self.models_behaviour = Behaviour()
        self.openai_models: list[dict[str, Any]] = list(OPENAI_MODELS)
        self.anthropic_models: list[dict[str, Any]] = list(ANTHROPIC_MODELS)
        self.requests: list[RequestRecord] = []
        self.root_url = ""
        self._scripts: list[_Script] = []
        self._changed = asyncio.Event()
        self._connections: set[Connection] = set()

    @property
    def base_url(self) -> str:
        return f"{self.root_url}/v1"

    @property
    def calls(self) -> list[RequestRecord]:
        """The calls for an answer; ``requests`` has those for lists and opinions, too."""
        return [record for record in self.requests if record.method == "POST" and record.path != OPINIONS]

    @property
    def opinions(self) -> list[RequestRecord]:
        """The calls for an opinion."""
        return [record for record in self.requests if record.path == OPINIONS]

    @property
    def bill(self) -> list[dict[str, Any]]:
        """What the calls that ended cost, a row for each key and model; see ``GET /_usage``."""
        return bill(self.calls)

    @property
    def open_connections(self) -> int:
        return len(self._connections)

    async def start(self, port: int = 0) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connect, "127.0.0.1", port, backlog=1024)
        self.root_url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        self._server.close()
        for connection in list(self._connections):
            connection.abort()
        await self._server.wait_closed()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def script(
        self,
        behaviour: Behaviour | None = None,
        *,
        times: int = 1,
        model: str | None = None,
        contains: str | None = None,
        **values: Any,
    ) -> None:
        """Queue a behaviour for the next ``times`` calls that fit; ``values`` are fields of the behaviour."""
        chosen = replace(behaviour or self.default, **values)
        self._scripts.append(_Script(chosen, times, model, contains))

    def set_models(self, **values: Any) -> None:
        """Say how the list of models behaves from now on."""
        self.models_behaviour = Behaviour(**values)

    def set_keys(self, told: dict[str, dict[str, Any] | None]) -> None:
        """Say how calls with these keys behave from now on; None: as any other."""
        for key, values in told.items():
            self.keys.pop(key, None)
            if values is not None:
                self.keys[key] = from_mapping(values, self.default)

    def reset(self) -> None:
        self._scripts.clear()
        self.requests.clear()
        self.keys.clear()
        self.default = self.models_behaviour = Behaviour()

    async def next_call(self, *, after: int = 0) -> RequestRecord:
        """Wait for the call number ``after`` (counted from 0); raises TimeoutError."""
        await self.wait_until(lambda: len(self.calls) > after)
        return self.calls[after]

    async def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition, looked at when calls begin, send and end and connections go; raises TimeoutError."""
        async with asyncio.timeout(PATIENCE):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    def _connect(self) -> Connection:
        return Connection(self._handle, self._connections.add, self._forget)

    def _forget(self, connection: Connection) -> None:
        self._connections.discard(connection)
        self._changed.set()

    async def _handle(self, connection: Connection, request: HttpRequest) -> None:
        if request.path.startswith("/_"):
            status, document = self._control(request)
            await connection.send_json(status, document)
            return
        record = RequestRecord(len(self.requests), request.method, request.path, request.headers, request.json())
        self.requests.append(record)
        self._changed.set()
        try:
            await self._answer(connection, record)
            record.end("finished")
        except asyncio.CancelledError:
            record.end("client_closed")
            raise
        finally:
            self._changed.set()

    async def _answer(self, connection: Connection, record: RequestRecord) -> None:
        anthropic = "anthropic-version" in record.headers
        if record.method == "GET" and record.path.partition("?")[0] == "/v1/models":
            wire: Wire = AnthropicWire("") if anthropic else OpenAIWire("")
            models = self.anthropic_models if anthropic else self.openai_models
            await self._list(connection, record, wire, models)
        elif record.method == "POST" and record.path == "/v1/chat/completions":
            await self._call(connection, record, OpenAIWire(record.model))
        elif record.method == "POST" and record.path == "/v1/messages":
            await self._call(connection, record, AnthropicWire(record.model))
        elif record.method == "POST" and record.path == OPINIONS:
            await self._judge(connection, record)
        elif record.method == "POST" and record.path == EMBEDDINGS:
            await self._embed(connection, record)
        else:
            await connection.send_json(404, OpenAIWire("").error_body(404, Behaviour(message="no such route")))

    async def _list(
        self, connection: Connection, record: RequestRecord, wire: Wire, models: list[dict[str, Any]]
    ) -> None:
        of_key = self.keys.get(record.key)
        told = of_key if of_key and of_key.status != HTTPStatus.OK else self.models_behaviour
        if not await self._refuse(connection, wire, told):
            await connection.send_json(200, wire.model_list(models))

    async def _call(self, connection: Connection, record: RequestRecord, wire: Wire) -> None:
        complaint = wire.complaint(record.body)
        if complaint:
            await connection.send_json(400, wire.error_body(400, Behaviour(message=complaint)))
            return
        question = last_user_text(record.body)
        behaviour = grant(self._choose(record, question), record.body, question)
        connection.is_dead = behaviour.goes_dead
        if await self._refuse(connection, wire, behaviour, record.body):
            return
        options = record.body.get("stream_options") or {}
        plan = Plan(
            wire,
            behaviour,
            question,
            prompt=count_prompt(record.body),
            include_usage=bool(options.get("include_usage")),
        )
        if record.body.get("stream"):
            await self._stream(connection, record, plan)
        else:
            await self._answer_whole(connection, record, plan)

    async def _answer_whole(self, connection: Connection, record: RequestRecord, plan: Plan) -> None:
        text = answer_text(plan.behaviour, plan.question)
        record.billed = usage_of(plan.behaviour, plan.prompt, text, "")
        await connection.send_json(200, plan.wire.whole(plan.behaviour, text, record.billed))

    async def _judge(self, connection: Connection, record: RequestRecord) -> None:
        texts = texts_of(record.body)
        told = self._choose(record, "\n".join(texts))
        if not await self._refuse(connection, OpenAIWire(record.model), told):
            await connection.send_json(200, verdicts(record.model, texts))

    async def _embed(self, connection: Connection, record: RequestRecord) -> None:
        told = self._choose(record, "\n".join(embedded_texts(record.body)))
        if await self._refuse(connection, OpenAIWire(record.model), told, record.body):
            return
        document = embeddings(record.body, only_floats=told.only_floats)
        record.billed = Tokens(prompt_tokens=document["usage"]["prompt_tokens"])
        if told.usage == "missing":
            del document["usage"]
        await connection.send_json(200, document)

    def _choose(self, record: RequestRecord, question: str) -> Behaviour:
        if record.key in self.keys:
            return self.keys[record.key]
        for script in self._scripts:
            if script.fits(record.model, question):
                script.times -= 1
                return script.behaviour
        told = find_directive(question)
        if told is not None:
            return from_mapping(told, self.default)
        return from_mapping(PRESETS.get(record.model, {}), self.default)

    async def _refuse(
        self, connection: Connection, wire: Wire, told: Behaviour, body: dict[str, Any] | None = None
    ) -> bool:
        """Answer with what is not a stream: delays, statuses, redirects, pages, complaints about options."""
        await asyncio.sleep(told.headers_delay)
        refused = next((name for name in told.refuse if _has(body or {}, name)), None)
        if told.hangs_up:
            connection.close()
        elif told.redirect:
            await connection.send(307, b"", location=told.redirect)
        elif told.html:
            await connection.send(told.status, _PAGE, content_type="text/html; charset=utf-8")
        elif told.not_json:
            await connection.send(told.status, b"this is {no JSON")
        elif refused:
            complaint = Behaviour(message=f"Unsupported parameter: '{refused}'.", error_param=refused)
            await connection.send_json(400, wire.error_body(400, complaint))
        elif told.status != 200 or told.context_too_long:
            status = 400 if told.context_too_long else told.status
            extra = {} if told.retry_after is None else {"retry-after": told.retry_after}
            await connection.send_json(status, wire.error_body(status, told), **extra)
        else:
            return False
        return True

    async def _stream(self, connection: Connection, record: RequestRecord, plan: Plan) -> None:
        connection.begin_stream()
        try:
            await self._send(connection, record, plan)
        finally:
            record.billed = plan.cost_so_far
        if record.state == "open":
            record.billed = plan.usage
            connection.end_stream()

    async def _send(self, connection: Connection, record: RequestRecord, plan: Plan) -> None:
        for step in plan.steps():
            record.sent_chars = plan.sent_chars
            self._changed.set()
            if isinstance(step, bytes):
                record.first_byte_at = record.first_byte_at or time.time()
                await connection.write_body(step, plan.behaviour.write_size)
            elif isinstance(step, End):
                await self._end(connection, record, step)
                return
            elif step:
                await asyncio.sleep(step)

    async def _end(self, connection: Connection, record: RequestRecord, end: End) -> None:
        if end is End.HANG:
            await asyncio.Event().wait()
        record.end("cut")
        if end is End.CUT:
            connection.end_stream()
        elif end is End.DROP:
            connection.close()
        else:
            connection.abort()

    def _control(self, request: HttpRequest) -> tuple[int, Any]:
        told = request.json()
        try:
            if request.path == "/_requests":
                return 200, [record.as_json() for record in self.requests]
            if request.path == "/_script":
                self.script(from_mapping(told.pop("behaviour", {}), self.default), **told)
            elif request.path == "/_default":
                self.default = from_mapping(told)
            elif request.path == "/_usage":
                return 200, self.bill
            elif request.path == "/_keys":
                self.set_keys(told)
            elif request.path == "/_reset":
                self.reset()
            else:
                return 404, {"error": "no such control"}
        except (TypeError, ValueError) as error:
            return 400, {"error": str(error)}
        return 200, {"ok": True}


_PAGE = b"<!doctype html><html><head><title>Gateway</title></head><body><h1>Please sign in</h1></body></html>"


def _has(body: dict[str, Any], dotted: str) -> bool:
    here: Any = body
    for name in dotted.split("."):
        if not isinstance(here, dict) or name not in here:
            return False
        here = here[name]
    return True
