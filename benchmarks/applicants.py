"""People who apply while a room is busy: intents over HTTP at a steady rate, each timed."""

from __future__ import annotations

import http.client
import itertools
import json
import queue
import statistics
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    from benchmarks.seeding import Seeded

CSRF = "x" * 32
WORKERS = 16


class Applicants:
    """Signed-in seekers; ``run`` sends their intents from threads until told to stop."""

    def __init__(self, room: Seeded, *, ports: Sequence[int], vacancies: int = 10) -> None:
        from django.test import Client

        from intents import consent
        from tests.factories import EmployerFactory, open_vacancy
        from tests.support.accounts import signed_in

        employer = EmployerFactory()
        fair = room.session.fair
        self._ports = ports
        self._vacancies = [
            str(open_vacancy(fair, employer=employer).public_id) for _ in range(vacancies)
        ]
        clients = [signed_in(Client(), user) for user in room.writers]
        self._cookies = [client.cookies["sessionid"].value for client in clients]
        self._session = str(room.public_id)
        self._consent = consent.CURRENT
        self._waiting: queue.Queue[tuple[str, str] | None] = queue.Queue()
        self._lock = threading.Lock()
        self._took_ms: list[float] = []
        self._statuses: dict[int, int] = {}
        self._threads: list[threading.Thread] = []
        self._stop = threading.Event()
        self.bytes = 0

    def start(self, *, per_s: float) -> None:
        """Begin to apply, so many a second over all."""
        self._threads = [threading.Thread(target=self._work, args=(n,)) for n in range(WORKERS)]
        self._threads.append(threading.Thread(target=self._pace, args=(per_s,)))
        for thread in self._threads:
            thread.start()

    def stop(self) -> dict[str, Any]:
        """End; what became of the intents."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        took = sorted(self._took_ms)
        if len(took) < 2:
            return {"intents": len(took)}
        cuts = statistics.quantiles(took, n=100)
        return {
            "intents": len(took),
            "intents_stored": self._statuses.get(201, 0),
            "intent_p50_ms": round(cuts[49]),
            "intent_p99_ms": round(cuts[98]),
            "intent_statuses": {str(status): n for status, n in self._statuses.items()},
        }

    def _pace(self, per_s: float) -> None:
        pairs = itertools.product(self._vacancies, self._cookies)
        due = time.monotonic()
        for vacancy, cookie in pairs:
            due += 1 / per_s
            if self._stop.wait(max(0.0, due - time.monotonic())):
                break
            self._waiting.put((vacancy, cookie))
        for _ in range(WORKERS):
            self._waiting.put(None)

    def _work(self, number: int) -> None:
        port = self._ports[number % len(self._ports)]
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while (wanted := self._waiting.get()) is not None:
            self._apply(link, *wanted)
        link.close()

    def _apply(self, link: http.client.HTTPConnection, vacancy: str, cookie: str) -> None:
        body = {
            "client_id": str(uuid4()),
            "vacancy": vacancy,
            "consent_version": self._consent,
            "session": self._session,
        }
        headers = {
            "Content-Type": "application/json",
            "Cookie": f"sessionid={cookie}; csrftoken={CSRF}",
            "X-CSRFToken": CSRF,
        }
        started = time.monotonic()
        try:
            link.request("POST", "/api/v1/intents/", body=json.dumps(body), headers=headers)
            answer = link.getresponse()
            status, size = answer.status, len(answer.read()) + 600
        except (OSError, http.client.HTTPException):
            link.close()
            status, size = 0, 0
        took = (time.monotonic() - started) * 1000
        with self._lock:
            self._took_ms.append(took)
            self._statuses[status] = self._statuses.get(status, 0) + 1
            self.bytes += size
