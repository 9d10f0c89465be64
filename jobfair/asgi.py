"""The application: pages and API over HTTP, rooms over WebSocket."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jobfair.settings")
http_application = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402  (needs the app registry)
from django.conf import settings  # noqa: E402

from jobfair.bodies import Bodies  # noqa: E402
from jobfair.health import Probes  # noqa: E402
from jobs.worker import start_in_process  # noqa: E402
from livestream.realtime.hub import lifespan  # noqa: E402
from livestream.realtime.longpoll import LongPoll  # noqa: E402
from livestream.realtime.routing import websocket_urlpatterns  # noqa: E402

if settings.JOBS_IN_WEB_PROCESS:
    start_in_process()

# The stubs want routes of their own kind; Django's are what channels documents.
sockets = URLRouter(websocket_urlpatterns)  # type: ignore[arg-type]
application = ProtocolTypeRouter(
    {
        "http": Probes(LongPoll(Bodies(http_application))),
        "websocket": sockets,
        "lifespan": lifespan,
    }
)
