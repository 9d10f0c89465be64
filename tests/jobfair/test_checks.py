"""Deployment checks for several processes, and who may open a socket where."""

from __future__ import annotations

from typing import Any

import pytest

from jobfair import checks
from livestream.realtime.origin import origin_allowed
from livestream.realtime.origins import socket_url

TWO = ["wss://rooms.example:8443", "wss://rooms.example:8444"]


def ids(settings: Any, **values: Any) -> list[str]:
    for name, value in values.items():
        setattr(settings, name, value)
    found = [
        *checks.several_processes_share(None),
        *checks.each_process_has_its_socket_origin(None),
        *checks.nginx_knows_what_we_sign(None),
    ]
    return [str(message.id) for message in found]


def test_one_process_needs_nothing(settings: Any) -> None:
    assert ids(settings, PROCESSES=1, REDIS_URL="", SOCKET_ORIGINS=[]) == []


def test_nginx_has_the_key_of_pictures(settings: Any) -> None:
    served = {"PROCESSES": 1, "SOCKET_ORIGINS": [], "PRIVATE_FILES_ACCEL": "/private/"}
    assert ids(settings, **served, MEDIA_SIGNING_KEY_IS_SET=False) == ["jobfair.W003"]
    assert ids(settings, **served, MEDIA_SIGNING_KEY_IS_SET=True) == []


def test_several_need_redis(settings: Any) -> None:
    assert "jobfair.E001" in ids(settings, PROCESSES=2, REDIS_URL="")
    assert "jobfair.E001" not in ids(settings, PROCESSES=2, REDIS_URL="redis://x/0")


@pytest.mark.parametrize(
    ("origins", "found"), [(TWO, False), (TWO[:1], True), (TWO[:1] * 2, True), ([], False)]
)
def test_one_socket_origin_per_process(settings: Any, origins: list[str], found: bool) -> None:
    assert ("jobfair.W002" in ids(settings, PROCESSES=2, SOCKET_ORIGINS=origins)) is found


def test_a_person_keeps_their_process_and_people_spread(settings: Any) -> None:
    settings.SOCKET_ORIGINS = TWO
    urls = [socket_url("/ws/rooms/x/", f"key-{number}") for number in range(400)]
    assert urls == [socket_url("/ws/rooms/x/", f"key-{number}") for number in range(400)]
    assert {url.removesuffix("/ws/rooms/x/") for url in urls} == set(TWO)
    assert 140 < sum(url.startswith(TWO[0]) for url in urls) < 260
    settings.SOCKET_ORIGINS = []
    assert socket_url("/ws/rooms/x/", "key") == "/ws/rooms/x/"


@pytest.mark.parametrize(
    ("origin", "host", "allowed"),
    [
        ("https://fair.example", "rooms.example:8443", True),
        ("https://rooms.example", "rooms.example:8444", True),
        ("https://rooms.example:8444", "rooms.example:8443", True),
        ("https://FAIR.example", "Rooms.example:8443", True),
        ("http://fair.example", "rooms.example:8443", False),
        ("https://rooms.example:9000", "rooms.example:8443", False),
        ("https://evil.example", "rooms.example:8443", False),
        ("https://fair.example.evil.example", "rooms.example:8443", False),
        ("null", "rooms.example:8443", False),
        # Another port of the same machine is no socket origin.
        ("https://fair.example", "rooms.example:9000", False),
    ],
)
def test_pages_of_the_site_open_sockets_on_socket_origins(
    settings: Any, origin: str, host: str, allowed: bool
) -> None:
    settings.ALLOWED_HOSTS = ["fair.example", "rooms.example"]
    settings.CSRF_TRUSTED_ORIGINS = []
    settings.SITE_URL = "https://fair.example"
    settings.SOCKET_ORIGINS = TWO
    headers = [(b"origin", origin.encode()), (b"host", host.encode())]
    assert origin_allowed(headers) is allowed
