r"""The application that servers run, routing in one expression; the outer layers never enter Django.

Development and the embedded default run it by ``manage.py serve`` on daphne. In production, behind a proxy::

    uvicorn chatproject.asgi:application --ws websockets-sansio --ws-max-size 2097152 \
        --ws-per-message-deflate false --timeout-graceful-shutdown 30 --no-server-header --no-access-log
"""

from __future__ import annotations

import os
import sys

from django.core.asgi import get_asgi_application
from django.core.exceptions import ImproperlyConfigured

CANNOT_START = 3  # what uvicorn's supervisor takes as: do not try again

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatproject.settings")
try:
    pages = get_asgi_application()  # loads the apps; what follows imports their models
except ImproperlyConfigured as error:
    sys.stderr.write(f"Not started: {error}\n")
    sys.exit(CANNOT_START)

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import WebsocketDenier  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import re_path  # noqa: E402

from chatproject.headers import SecurityHeaders  # noqa: E402
from chatproject.health import Health  # noqa: E402
from chatproject.lifespan import Lifespan  # noqa: E402
from chatproject.limits import RequestLimits  # noqa: E402
from chatproject.origins import ExactOrigins  # noqa: E402
from chatproject.requests import RequestIds  # noqa: E402
from chatproject.staticfiles import static_files  # noqa: E402
from chatproject.uploads import admit  # noqa: E402
from conversations import lifecycle  # noqa: E402
from conversations.routing import websocket_urlpatterns  # noqa: E402
from doors.asgi import Doors  # noqa: E402

nowhere = re_path("", WebsocketDenier.as_asgi())

application = Lifespan(
    SecurityHeaders(
        RequestIds(
            RequestLimits(
                Doors(
                    Health(
                        static_files(
                            ProtocolTypeRouter(
                                {
                                    "http": pages,
                                    "websocket": ExactOrigins(
                                        AuthMiddlewareStack(URLRouter([*websocket_urlpatterns, nowhere])),
                                        settings.CSRF_TRUSTED_ORIGINS,
                                    ),
                                }
                            )
                        )
                    ),
                    is_draining=lifecycle.is_draining,
                ),
                max_body=settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
                admit=admit,
            )
        ),
        is_https=settings.IS_HTTPS,
    )
)
