"""Pictures over HTTP: the test channel, and what was published here, under signed addresses.

In production nginx serves the published ones from the same folders (deploy/nginx/jobfair.conf).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from core.errors import NotFound
from core.moments import read_unix
from core.serve import file_or_part
from livestream.media import folders, signing, testchannel

#: Segments are counted from the broadcast's start, or from the last multiple of this after it.
_LONGEST = timedelta(days=30)
_PLAYLIST = "application/vnd.apple.mpegurl"


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
    asked = read_unix(raw)
    if asked is None:
        raise Http404
    since = min(asked, now)
    return since + (now - since) // _LONGEST * _LONGEST


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """The sliding playlist of one broadcast; identical for everybody within a second."""
    now = timezone.now()
    text = testchannel.live_playlist(_channel(), now=now, since=_since(request, now))
    response = HttpResponse(text, content_type=_PLAYLIST)
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


@require_http_methods(["GET", "HEAD", "OPTIONS"])
def hls(request: HttpRequest, expires: int, signature: str, path: str) -> HttpResponseBase:
    """One file of a session's pictures, for whoever has an address that we signed.

    A page of this site may stand on another origin than a CDN in front of us, hence the header
    for other origins: nothing here depends on a cookie.
    """
    response = _hls(request, expires, signature, path)
    response["Access-Control-Allow-Origin"] = "*"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _hls(request: HttpRequest, expires: int, signature: str, path: str) -> HttpResponseBase:
    found = signing.PATH.fullmatch(path)
    if found is None:
        return _refused(404, "There is no such file.")
    if not signing.holds(found["tree"], expires, signature):
        return _refused(403, "This address has expired.")
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers={"Access-Control-Allow-Headers": "Range"})
    folder = folders.hls_folder() / found["tree"]
    if not (folder / signing.front(found["tree"])).is_file():
        return _refused(404, "This is not shown any more.")
    kind, kept = _PLAYLIST, "public, max-age=1"
    if not path.endswith(".m3u8"):
        kind = _kind(path.rpartition("/")[2])
        kept = "public, max-age=86400, immutable"
    try:
        response = file_or_part(request, folder / found["file"], media_type=kind)
    except NotFound:
        return _refused(404, "There is no such file.")
    response["Cache-Control"] = kept
    return response


def _kind(name: str) -> str:
    if name.endswith(".jpg"):
        return "image/jpeg"
    return "audio/mp4" if name.startswith("a") else "video/mp4"


def _refused(status: int, text: str) -> HttpResponse:
    """Plain and short: players ask for many files, and what is not there now may come."""
    headers = {"Cache-Control": "no-store"}
    return HttpResponse(text, status=status, content_type="text/plain", headers=headers)
