"""Where a page opens its socket: on one of the processes' own addresses, or where it came from.

With ``SOCKET_ORIGINS`` sockets go straight to the processes, each of which ends TLS itself; a
proxy would cost more per viewer than the room does.
"""

from __future__ import annotations

import hashlib
from urllib.parse import urlsplit

from django.conf import settings

#: The origin of a page that may open a socket there, for each kind of socket.
_PAGES = {"ws": "http", "wss": "https"}


def socket_url(path: str, key: str) -> str:
    """The address of a socket for a person: the same person, the same process.

    ``path`` alone where ``SOCKET_ORIGINS`` is empty: the page's own host.
    """
    origins: list[str] = settings.SOCKET_ORIGINS
    if not origins:
        return path
    number = int.from_bytes(hashlib.blake2s(key.encode(), digest_size=8).digest())
    return origins[number % len(origins)] + path


def pages_of(host: str) -> frozenset[str]:
    """The origins whose pages may open a socket on ``host`` (as in the Host header).

    Empty unless ``host`` is that of a socket origin. Then: the site itself (``SITE_URL``), the
    same host name on its usual port, and the processes' own addresses.
    """
    ours = [urlsplit(origin) for origin in settings.SOCKET_ORIGINS]
    here = next((origin for origin in ours if origin.netloc == host), None)
    if here is None:
        return frozenset()
    site = urlsplit(settings.SITE_URL.lower())
    return frozenset(
        {
            f"{site.scheme}://{site.netloc}",
            f"{_PAGES[here.scheme]}://{here.netloc.removesuffix(f':{here.port}')}",
            *(f"{_PAGES[origin.scheme]}://{origin.netloc}" for origin in ours),
        }
    )
