"""The live-room page as a visitor gets it: database queries, CPU time, compressed size."""

from __future__ import annotations

import gzip

from benchmarks.support import cpu_ms, demo_installation, report

TIMES = 200


def main() -> None:
    with demo_installation():
        from django.db import connection
        from django.test import Client
        from django.test.utils import CaptureQueriesContext

        from livestream.enums import SessionStatus
        from livestream.models import Session

        session = Session.objects.filter(status=SessionStatus.LIVE, video_source="test").first()
        assert session is not None, "the demo has no live session"
        address = session.get_absolute_url()
        client = Client()
        client.get(address)  # the first visit issues the device key
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(address)
        assert answer.status_code == 200, answer.status_code
        report(
            "live-room page, a visitor's later view",
            queries=len(queries),
            **cpu_ms(lambda: client.get(address), times=TIMES),
            html_gz_kb=round(len(gzip.compress(answer.content)) / 1024, 1),
            requests=TIMES,
        )


if __name__ == "__main__":
    main()
