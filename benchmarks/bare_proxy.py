"""``python -m benchmarks.bare_proxy <provider's root> <port>``: hands requests on and answers back, nothing else.

What the door to the models is measured against: aiohttp on both sides, on the same event loop as the site's server.
"""

from __future__ import annotations

import sys
from contextlib import suppress

import aiohttp
import uvloop
from aiohttp import web

CLIENT = web.AppKey("client", aiohttp.ClientSession)


async def _open_client(app: web.Application) -> None:
    app[CLIENT] = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))


async def _close_client(app: web.Application) -> None:
    await app[CLIENT].close()


async def _hand_on(request: web.Request) -> web.StreamResponse:
    body = await request.read()
    headers = {"content-type": "application/json", "authorization": request.headers["authorization"]}
    async with request.app[CLIENT].post(sys.argv[1] + request.path, data=body, headers=headers) as answer:
        response = web.StreamResponse(status=answer.status, headers={"content-type": answer.content_type})
        await response.prepare(request)
        with suppress(ConnectionError):  # whoever asked has hung up
            async for piece in answer.content.iter_any():
                await response.write(piece)
            await response.write_eof()
    return response


def main() -> None:
    app = web.Application()
    app.on_startup.append(_open_client)
    app.on_cleanup.append(_close_client)
    app.router.add_post("/v1/chat/completions", _hand_on)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[2]), print=None, access_log=None, loop=uvloop.new_event_loop())


if __name__ == "__main__":
    main()
