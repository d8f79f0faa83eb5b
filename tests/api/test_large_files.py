"""How much one request may bring over the API, and from whom; on both servers."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from tests.support.server import on_both_servers
from tests.support.tokens import bearer

if TYPE_CHECKING:
    from tests.support.server import Answer, Server

MEGABYTE = 1 << 20
LONG = b"line\n" * (MEGABYTE * 3 // 5)


def bring(server: Server, path: str, secret: str, content: bytes = LONG) -> Answer | int:
    """Send a file; where the server closes while it is being sent, give the status that it meant."""
    border = uuid4().hex
    head = f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="log.txt"\r\n\r\n'
    body = head.encode() + content + f"\r\n--{border}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={border}", **bearer(secret)}
    try:
        return server.request("POST", path, headers=headers, body=body)
    except (BrokenPipeError, ConnectionResetError):
        return 413


def status_of(answer: Answer | int) -> int:
    return answer if isinstance(answer, int) else answer.status


@on_both_servers
def test_who_has_a_token_brings_many_megabytes_and_nobody_else(server: Server) -> None:
    alice = server.sign_up()
    secret = server.give_token(alice)
    made = server.request(
        "POST",
        "/api/folders",
        headers={"Content-Type": "application/json", **bearer(secret)},
        body=b'{"name": "Logs"}',
    )
    for path in ("/api/files", f"/api/folders/{made.json()['id']}/files"):
        assert status_of(bring(server, path, secret)) == 201
        assert status_of(bring(server, path, "sk-chat-" + "x" * 43)) == 413
    assert status_of(bring(server, "/api/folders", secret)) == 413
    assert status_of(bring(server, "/api/files", secret, b"x" * (20 * MEGABYTE + 1))) == 413
