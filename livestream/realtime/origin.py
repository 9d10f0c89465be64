"""Which pages may open a socket: our own. Browsers always say where a page came from."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.http.request import validate_host
from django.utils.encoding import force_str

from livestream.realtime.origins import pages_of

Headers = Iterable[tuple[bytes, bytes]]


def origin_allowed(headers: Headers) -> bool:
    """Whether ``Origin`` is this very host, or one listed in CSRF_TRUSTED_ORIGINS.

    On an address of SOCKET_ORIGINS it is the site whose sockets are opened there. A missing,
    ``null``, repeated or foreign origin is refused even where ALLOWED_HOSTS is ``*``.
    """
    values = list(headers)
    origins = [force_str(value, "latin-1") for name, value in values if name == b"origin"]
    hosts = [force_str(value, "latin-1") for name, value in values if name == b"host"]
    if len(origins) != 1 or len(hosts) != 1:
        return False
    origin, host = origins[0].lower(), hosts[0].lower()
    if origin in {trusted.lower() for trusted in settings.CSRF_TRUSTED_ORIGINS}:
        return True
    if origin in pages_of(host):
        return True
    scheme, separator, place = origin.partition("://")
    if not separator or scheme not in {"http", "https"} or place != host:
        return False
    name = host if host.endswith("]") else host.rsplit(":", 1)[0]
    allowed = settings.ALLOWED_HOSTS or ["localhost", "127.0.0.1", "[::1]"]
    return bool(name) and validate_host(name, allowed)
