"""What programs send by mistake or in anger, to real servers: told in the shape of the path, and the site goes on."""

from __future__ import annotations

import contextlib
import json
import socket
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.server import on_both_servers
from tests.support.tokens import bearer, make_token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.server import Server

pytestmark = pytest.mark.once

MEGABYTE = b"x" * (1 << 20)
LARGE = 100 << 20
PATHS = ("/api/chat", "/api/files", "/v1/chat/completions", "/v1/messages")


def headers_of(server: Server, **further: str) -> dict[str, str]:
    """Give the headers of somebody with a token."""
    person = server.sign_up("sender")
    with server.database():
        return bearer(make_token(person)) | {"Content-Type": "application/json"} | further


def require_shape(path: str, status: int, body: bytes) -> None:
    """Fail unless it is a failure as who asks at a path reads it, which tells nothing of the inside."""
    told = json.loads(body)
    if path.startswith("/api/"):
        assert {"code", "message", "request_id"} <= set(told)
    elif path.startswith("/v1/messages"):
        assert (told["type"], set(told["error"])) == ("error", {"type", "message"})
    else:
        assert {"message", "type", "param", "code"} == set(told["error"])
    assert 400 <= status < 500
    assert not [word for word in (b"Traceback", b"django", b".py", b"orjson") if word in body]


def send_large(server: Server, path: str, headers: dict[str, str], *, chunked: bool) -> tuple[int, bytes]:
    """Send more than anybody takes until it is refused; give the status, and the body as far as it came."""
    lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{server.port}", *(f"{k}: {v}" for k, v in headers.items())]
    lines.append("Transfer-Encoding: chunked" if chunked else f"Content-Length: {LARGE}")
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as line:
        line.sendall("\r\n".join((*lines, "", "")).encode())
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for _ in range(LARGE >> 20):
                line.sendall(b"100000\r\n" + MEGABYTE + b"\r\n" if chunked else MEGABYTE)
            line.sendall(b"0\r\n\r\n" if chunked else b"")
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            while part := line.recv(65536):
                answer += part
                if b"}" in answer:
                    break
    head, _blank, body = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]) if head else 0, body


@on_both_servers
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_without_end_is_refused_in_shape(server: Server, path: str, chunked: bool) -> None:  # noqa: FBT001 - a parameter
    process = server.process.pid
    status, body = send_large(server, path, headers_of(server), chunked=chunked)
    assert status in {0, 413}  # 0: it hung up while we were still sending, so that the answer was lost on the way
    if status:
        require_shape(path, status, body)
    assert (server.get("/healthz").status, server.process.pid) == (200, process)


@on_both_servers
@pytest.mark.parametrize("path", PATHS)
def test_a_body_that_says_to_be_too_large_is_refused_unread(server: Server, path: str) -> None:
    answer = server.request("POST", path, None, headers_of(server, **{"Content-Length": str(LARGE)}))
    assert answer.status == 413
    require_shape(path, answer.status, answer.body)


BODIES: dict[str, bytes] = {
    "nothing": b"",
    "broken": b'{"model": ',
    "a list": b"[]",
    "not UTF-8": b'{"model": "\xff\xfe"}',
    "too deep": b"[" * 100_000,
    "too large a number": b'{"model": "openai/fake-echo", "messages": [], "max_tokens": 1e400, "text": 1e400}',
    "not a number": b'{"model": "openai/fake-echo", "text": NaN, "max_tokens": NaN}',
    "half a pair": b'{"model": "openai/fake-echo\\ud800", "text": "\\ud800", "messages": []}',
    "a NUL": b'{"model": "openai/fake-echo\\u0000", "text": "\\u0000", "messages": []}',
    "wrong types": b'{"model": 5, "text": {}, "messages": "hello", "stream": "yes"}',
    "unknown fields": b'{"model": "openai/fake-echo", "text": "a", "messages": [], "colour": "green"}',
}


@on_both_servers
@pytest.mark.parametrize("path", ["/api/chat", "/v1/chat/completions", "/v1/messages", "/v1/embeddings"])
def test_a_body_that_is_wrong_is_refused_in_shape(server: Server, path: str) -> None:
    headers = headers_of(server)
    for what, body in BODIES.items():
        answer = server.request("POST", path, None, headers, body)
        assert answer.status == 400, (what, answer.text)
        require_shape(path, answer.status, answer.body)


@on_both_servers
def test_forms_without_sense_are_refused_in_shape(server: Server) -> None:
    headers = headers_of(server, **{"Idempotency-Key": "one"})
    for kind in (
        "multipart/form-data",
        "multipart/form-data; boundary=a",
        f"multipart/form-data; boundary={'a' * 999}",
    ):
        for body in (b"", b"--a--\r\n", b'--a\r\nContent-Disposition: form-data; name="file"\r\n\r\n', b"\xff" * 1000):
            answer = server.request("POST", "/api/files", None, headers | {"Content-Type": kind}, body)
            assert answer.status in {400, 415}, (kind, body)
            require_shape("/api/files", answer.status, answer.body)


@on_both_servers
@pytest.mark.parametrize(
    ("path", "method"),
    [("/api/me", "TRACE"), ("/api/me", "PUT"), ("/api/chat", "HEAD"), ("/v1/models", "PUT"), ("/v1/models", "HEAD")],
)
def test_methods_that_are_not_there_are_refused_in_shape(server: Server, path: str, method: str) -> None:
    answer = server.request(method, path, None, headers_of(server))
    assert answer.status == 405
    assert answer.headers["allow"]
    if answer.body:
        require_shape(path, answer.status, answer.body)


@on_both_servers
@pytest.mark.parametrize("path", ["/api/me", "/v1/models"])
def test_too_many_headers_are_refused_in_shape(server: Server, path: str) -> None:
    headers: dict[str, str] = {f"X-Flood-{number}": "a" for number in range(101)}
    answer = server.request("GET", path, None, headers)
    assert answer.status == 431
    require_shape(path, answer.status, answer.body)


@on_both_servers
@pytest.mark.parametrize("path", ["/api/me", "/api/nothing", "/v1/models", "/v1/nothing"])
def test_every_answer_names_its_request(server: Server, path: str) -> None:
    named = [server.get(path, X_Request_Id="mine").headers["x-request-id"] for _ in range(2)]
    assert "mine" not in named
    assert len({*named}) == 2


@on_both_servers
def test_a_token_brings_files_as_large_as_a_page_takes(server: Server) -> None:
    def upload(headers: dict[str, Any], size: int) -> int:
        form = b'--a\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n' + b"a" * size
        sent = headers | {"Content-Type": "multipart/form-data; boundary=a"}
        try:
            return server.request("POST", "/api/files", None, sent, form + b"\r\n--a--\r\n").status
        except (BrokenPipeError, ConnectionResetError):
            return 413  # it answered and closed while we were still sending

    assert upload(headers_of(server), 3 << 20) == 201
    assert upload({"Authorization": "Bearer sk-chat-" + "x" * 43}, 3 << 20) == 413


@on_both_servers
def test_nothing_of_a_token_is_in_the_log(server: Server) -> None:
    headers = headers_of(server)
    secret = headers["Authorization"].removeprefix("Bearer ")
    server.request("POST", "/api/chat", None, headers, b"{")
    server.get(f"/api/me?token={secret}")
    server.get(f"/v1/models?api_key={secret}")
    assert secret not in server.log


def chunks() -> Iterator[bytes]:
    yield b'{"text": "Hello", '
    yield b'"model": "openai/fake-echo"}'


@on_both_servers
def test_a_body_in_pieces_is_read_like_any_other(server: Server) -> None:
    answer = server.request("POST", "/api/chat", None, headers_of(server), chunks())
    assert answer.status == 200
    assert answer.json()["reply"]["text"]
