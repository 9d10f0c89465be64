"""Runs Python for a test in a live server's settings and database, one piece after the other.

Each line of standard input is one JSON string of code; each line of standard output is what it
printed and how it failed, if it did. Starting Django once, not for each piece, is the point.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import traceback

import django
from django.conf import settings


def run(code: str) -> tuple[str, str]:
    """What the code printed, and the traceback if it failed."""
    from django.core.cache import cache
    from django.db import connections

    printed, failure = io.StringIO(), ""
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "<shell>", "exec"), {"__name__": "__main__"})  # noqa: S102 - its purpose
    except BaseException:  # noqa: BLE001 - told to the test, which raises
        failure = traceback.format_exc()
    finally:
        connections.close_all()
        if not settings.REDIS_URL:
            cache.clear()  # this process's own: every piece starts afresh
    return printed.getvalue(), failure


if __name__ == "__main__":
    django.setup()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(run(json.loads(line))) + "\n")
        sys.stdout.flush()
