"""Shows messages in the terminal. Only for demonstrations and tests: it writes codes down."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from core.phones import mask
from core.sms.templates import CODE


class ConsoleBackend:
    """Prints every message; sign-in codes also go to ``settings.SMS_LOG`` as JSON lines."""

    def send(self, phone: str, template: str, params: Mapping[str, object], text: str) -> None:
        if not (settings.DEMO or settings.TESTING):
            raise RuntimeError("the console SMS backend is for DEMO and TESTING only")
        sys.stdout.write(f"SMS {mask(phone)}: {text}\n")
        sys.stdout.flush()
        if template == CODE:
            _append(
                Path(settings.SMS_LOG),
                {"phone": phone, "code": params["code"], "at": timezone.now().isoformat()},
            )


def _append(path: Path, row: Mapping[str, object]) -> None:
    """Add one JSON line; a single write to a file opened for appending never interleaves."""
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps(row, ensure_ascii=False) + "\n"
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, line.encode())
    finally:
        os.close(handle)
