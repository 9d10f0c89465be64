"""The encoder's page: what to type into OBS, and whether its picture arrives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import segno
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.actor import actor_of
from core.errors import DomainError
from jobfair.requests import tell
from jobfair.studio.access import console_session
from jobfair.studio.presses import once
from livestream.enums import OPEN_SESSIONS, PUBLISHED_SOURCES, KeyKind, PublishPath
from livestream.media.adapters import registry
from livestream.media.adapters.base import IngestAddress
from livestream.media.rtmp import state
from livestream.models import Session, StreamKey, Take
from livestream.services import stream_keys

#: How long it is shown why the last connection ended.
_LAST_SHOWN: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Connection:
    """What arrives from the encoder. ``state`` is one of over, browser, live, receiving, waiting;
    ``since``: when it began; ``trouble``: what the crew should do, translated.
    """

    state: str
    since: datetime | None = None
    kbits: int = 0
    width: int = 0
    height: int = 0
    frame_rate: float = 0.0
    trouble: str = ""


@never_cache
@require_http_methods(["GET", "POST"])
def encoder(request: HttpRequest, session: UUID) -> HttpResponse:
    """Address, key, QR code and settings. POST: ``do`` is ``issue`` or ``revoke``.

    A new key's secret stands in the answer to the request that issued it and nowhere else.
    """
    found = console_session(request, session)
    issued: stream_keys.Issued | None = None
    if request.method == "POST":
        issued = _obey(request, found)
        if issued is None:
            return redirect(reverse("studio-encoder", args=[found.public_id]))
    return render(request, "livestream/encoder.html", _page(request, found, issued))


@never_cache
@require_GET
def encoder_state(request: HttpRequest, session: UUID) -> HttpResponse:
    """The part of the page that says what arrives, on its own."""
    found = console_session(request, session)
    context = {"connection": connection(found), "server": _server(found), "session": found}
    return render(request, "livestream/_encoder_state.html", context)


def _obey(request: HttpRequest, session: Session) -> stream_keys.Issued | None:
    """Do what the button says, once; a refusal is told on the next page."""
    actor = actor_of(request)
    try:
        with once(request, f"encoder:{session.public_id}") as is_new:
            match request.POST.get("do") if is_new else None:
                case "issue":
                    kind = KeyKind.ENCODER
                    return stream_keys.issue_key(actor=actor, session=session, kind=kind)
                case "revoke":
                    stream_keys.revoke_keys(actor=actor, session=session, kind=KeyKind.ENCODER)
    except DomainError as error:
        tell(request, error)
    return None


def _page(
    request: HttpRequest, session: Session, issued: stream_keys.Issued | None
) -> dict[str, Any]:
    keys = StreamKey.objects.filter(session=session, kind=KeyKind.ENCODER, revoked_at=None)
    # Without a new secret only the server's address is shown.
    addresses = registry.for_encoders().ingest_urls(session, issued.secret if issued else "")
    address = _reachable(request, addresses[0]) if addresses else None
    return {
        "session": session,
        "fair": session.fair,
        "address": address,
        "key": keys.select_related("issued_by").first(),
        "shown_key": address.key if address and issued else "",
        "qr": _qr(address) if issued and address else "",
        "settings_rows": _settings(),
        "over": session.status not in OPEN_SESSIONS,
        "connection": connection(session),
        "server": _server(session),
        "token": uuid4(),
    }


def _reachable(request: HttpRequest, address: IngestAddress) -> IngestAddress:
    """The address as this visitor's machine finds it: "localhost" names another one there."""
    here = urlsplit(f"//{request.get_host()}").hostname
    if not here or urlsplit(address.url).hostname != "localhost":
        return address
    host = f"[{here}]" if ":" in here else here
    return address._replace(url=address.url.replace("//localhost", f"//{host}", 1))


def _qr(address: IngestAddress) -> SafeString:
    """The whole address for the apps of phones, as an inline picture."""
    code = segno.make(f"{address.url}/{address.key}", error="l", micro=False)
    # Made of our own numbers; nothing of it comes from a visitor.
    picture = code.svg_inline(border=3, dark="#000", light="#fff", omitsize=True)
    return mark_safe(picture)  # noqa: S308


def _server(session: Session) -> str:
    """``away``: encoders are taken by our own server, which does not run; ``none``: by nobody;
    ``foreign``: the picture of this session comes from elsewhere.
    """
    if session.video_source not in PUBLISHED_SOURCES:
        return "foreign"
    if settings.MEDIA_SERVER == "embedded":
        return "none"
    if settings.MEDIA_SERVER == "nginx-rtmp" and not state.is_running():
        return "away"
    return "ok"


def connection(session: Session) -> Connection:
    """What arrives for a session now: two queries and a small file."""
    if session.video_source not in PUBLISHED_SOURCES:
        return Connection("foreign")
    if session.status not in OPEN_SESSIONS:
        return Connection("over")
    take = Take.objects.filter(session=session, ended_at=None).first()
    if take is None:
        return Connection("waiting", trouble=_last_trouble(session))
    if take.path == PublishPath.BROWSER:
        return Connection("browser", since=take.started_at)
    now = state.now(session.public_id, take.number) or state.Now(take=take.number)
    return Connection(
        "live" if take.up_at else "receiving",
        since=take.first_at or take.started_at,
        kbits=now.kbits,
        width=now.width,
        height=now.height,
        frame_rate=now.frame_rate,
        trouble=now.warning,
    )


def _last_trouble(session: Session) -> str:
    """Why the last connection ended or was refused, where that was just now."""
    refused = {
        "stream_key_wrong": _("Somebody tried to publish with a wrong or revoked key."),
        "stream_taken": _("A second encoder was refused: one publishes already."),
        "session_state": _("An encoder was refused: the session is over."),
    }
    if why := state.refused(session.public_id):
        return refused.get(why, _("An encoder was refused."))
    last = Take.objects.filter(session=session, ended_at__gte=timezone.now() - _LAST_SHOWN)
    take = last.exclude(path=PublishPath.BROWSER).order_by("number").last()
    return take.trouble if take is not None else ""


def _settings() -> list[tuple[str, str, str]]:
    """What to set in OBS: where, to what, and why."""
    return [
        (_("Encoder"), "H.264 (x264, NVENC, QuickSync)", _("not H.265 or AV1: phones play H.264")),
        (_("Rate control"), "CBR", _("an even stream over an uneven line")),
        (_("Video bitrate"), "1500–2500 kbit/s", _("what phones on mobile lines can follow")),
        (_("Key frame interval"), _("2 s"), _("viewers can begin every 2 seconds; never 0 (auto)")),
        (_("Output resolution"), "1280×720", _("faces and cards are readable on a phone")),
        (_("Frame rate"), "25–30", ""),
        (_("Tune"), "zerolatency", _("the picture arrives about a second earlier")),
        (_("B-frames"), "0", _("x264 options: bframes=0")),
        (_("Audio"), _("AAC, 128 kbit/s, 48 kHz"), ""),
    ]
