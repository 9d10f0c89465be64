"""``manage.py worker``: work the queue until told to stop."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand

from jobs.worker import work


class Command(BaseCommand):
    help = "Work the job queue. SIGTERM and Ctrl-C end it after the job at hand."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stopping = False
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, self._stop)
        self.stdout.write("working the job queue")
        work(lambda: not self.stopping)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True
