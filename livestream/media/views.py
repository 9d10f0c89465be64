"""The test channel over HTTP. Public: it shows nothing of anybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from livestream.media import testchannel

#: Segments are counted from the broadcast's start, or from the last multiple of this after it.
_LONGEST = timedelta(days=30)


def _channel() -> testchannel.Channel:
    channel = testchannel.load()
    if channel is None:
        raise Http404("The test channel has not been made: run manage.py make_test_channel.")
    return channel


def _since(request: HttpRequest, now: datetime) -> datetime:
    """The broadcast's start from ``?since=`` (unix seconds), else the start of this month."""
    raw = request.GET.get("since", "")
    if not raw:
        return now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    if not (raw.isascii() and raw.isdigit() and len(raw) <= 11):
        raise Http404
    since = min(datetime.fromtimestamp(int(raw), UTC), now)
    return since + (now - since) // _LONGEST * _LONGEST


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """The sliding playlist of one broadcast; identical for everybody within a second."""
    now = timezone.now()
    text = testchannel.live_playlist(_channel(), now=now, since=_since(request, now))
    response = HttpResponse(text, content_type="application/vnd.apple.mpegurl")
    response["Cache-Control"] = "public, max-age=1"
    return response


@require_safe
def segment(request: HttpRequest, version: str, number: int) -> HttpResponse:
    """Two seconds of picture and sound; the version in the path makes it cacheable for ever."""
    channel = _channel()
    body = testchannel.segment(channel, number) if version == channel.version else None
    if body is None:
        raise Http404
    response = HttpResponse(body, content_type="video/mp2t")
    response["Cache-Control"] = "public, max-age=86400, immutable"
    return response
