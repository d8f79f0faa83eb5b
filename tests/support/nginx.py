"""A proxy as people put it in front of the site: Debian's nginx, which buffers unless it is told otherwise."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.ports import free_port
from tests.support.processes import start_process, stop_process, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass {upstream};
        }}
    }}
}}
"""


@contextmanager
def nginx_before(upstream: str) -> Iterator[str]:
    """Run nginx with the defaults of its makers in front of a server; give its address."""
    program = shutil.which("nginx", path=f"{os.defpath}:/usr/sbin")
    assert program, "nginx is not installed"
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="chat-nginx-") as folder:
        configuration = Path(folder) / "nginx.conf"
        configuration.write_text(CONFIGURATION.format(folder=folder, port=port, upstream=upstream))
        process = start_process([program, "-e", f"{folder}/error.log", "-c", str(configuration)])
        try:
            wait_until(lambda: _listens(port), what="nginx to listen")
            yield f"http://127.0.0.1:{port}"
        finally:
            stop_process(process)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
