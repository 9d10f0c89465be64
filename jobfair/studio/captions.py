"""Captions in the studio: a line typed live, and the page of a session's caption files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.actor import actor_of
from core.errors import DomainError, NotFound
from core.moments import given_moment
from core.numbers import MOST_EXACT, whole_number
from jobfair.requests import tell, wants_json
from jobfair.studio.access import crew_session
from jobfair.studio.presses import once
from livestream import webvtt
from livestream.enums import SessionStatus
from livestream.models import Caption, Session
from livestream.rules import Standing
from livestream.services import captions as services

#: Lines that were typed last, shown for taking back.
NEWEST: Final = 20


@dataclass(frozen=True, slots=True)
class Language:
    """A language with how many captions were typed and uploaded in it."""

    code: str
    name: str
    typed: int
    uploaded: int


@never_cache
@require_GET
def captions(request: HttpRequest, session: UUID) -> HttpResponse:
    """What has been typed and uploaded, and the forms for more."""
    found, standing = crew_session(request, session)
    return _page(request, found, standing)


def _page(
    request: HttpRequest,
    session: Session,
    standing: Standing,
    problems: Sequence[webvtt.Problem] = (),
    message: str = "",
) -> HttpResponse:
    rows = Caption.objects.filter(session=session)
    counts: dict[str, list[int]] = {}
    for language, seq in rows.values_list("language", "seq"):
        counts.setdefault(language, [0, 0])[seq is None] += 1
    context: dict[str, Any] = {
        "session": session,
        "fair": session.fair,
        "standing": standing,
        "languages": [
            Language(code, str(name), *counts.get(code, [0, 0]))
            for code, name in settings.LANGUAGES
        ],
        "newest": rows.filter(seq__isnull=False).order_by("-seq")[:NEWEST],
        "can_type": session.status == SessionStatus.LIVE,
        "first": services.first_on_air(session),
        "problems": problems,
        "refused": message,
        "token": uuid4(),
    }
    status = 400 if message else 200
    return render(request, "livestream/captions.html", context, status=status)


@require_POST
def add(request: HttpRequest, session: UUID) -> HttpResponse:
    """Show one typed line. A form that was sent before is not done again."""
    found, _standing = crew_session(request, session)
    try:
        with once(request, "caption") as is_new:
            if is_new:
                services.add_caption(
                    actor=actor_of(request),
                    session=found,
                    text=request.POST.get("text", ""),
                    language=request.POST.get("language", ""),
                    back_s=whole_number(request.POST.get("back", ""), services.MOST_BACK_S) or 0,
                )
    except DomainError as error:
        if error.status == NotFound.status:
            raise
        if answer := tell(request, error):
            return answer
    return JsonResponse({"done": True}) if wants_json(request) else _back(found)


@require_POST
def remove(request: HttpRequest, session: UUID) -> HttpResponse:
    """Take one typed line back."""
    found, _standing = crew_session(request, session)
    seq = whole_number(request.POST.get("seq", ""), MOST_EXACT) or 0
    services.remove_caption(actor=actor_of(request), session=found, seq=seq)
    return _back(found)


@require_POST
def upload(request: HttpRequest, session: UUID) -> HttpResponse:
    """Take a file in place of the language's former one, or show what is wrong with it."""
    found, standing = crew_session(request, session)
    if not standing.console:
        raise NotFound
    language = request.POST.get("language", "")
    actor = actor_of(request)
    if request.POST.get("do") == "delete":
        services.delete_uploaded(actor=actor, session=found, language=language)
        return _back(found)
    file = request.FILES.get("file")
    content = file.read(services.MAX_FILE + 1) if file else b""
    try:
        zero = given_moment(request.POST.get("zero", ""), field="zero", code="captions_zero")
        count = services.upload_webvtt(
            actor=actor, session=found, language=language, content=content, zero=zero
        )
    except services.BadFileError as error:
        return _page(request, found, standing, error.problems, str(error.message))
    except DomainError as error:
        if error.status == NotFound.status:
            raise
        return _page(request, found, standing, message=str(error.message))
    done = ngettext("%(n)d caption was taken.", "%(n)d captions were taken.", count)
    messages.success(request, done % {"n": count})
    return _back(found)


@never_cache
@require_GET
def download(request: HttpRequest, session: UUID, language: str) -> HttpResponse:
    """All captions of a language as WebVTT, from when the session first went on air."""
    found, _standing = crew_session(request, session)
    zero = services.first_on_air(found)
    rows = list(Caption.objects.filter(session=found, language=language))
    if not rows or zero is None:
        raise NotFound
    cues = [
        webvtt.Cue(_ms(row.starts_at - zero), _ms(row.ends_at - zero), row.text) for row in rows
    ]
    text = webvtt.compose(cue for cue in cues if cue.ends_ms > 0)
    response = HttpResponse(text, content_type="text/vtt; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="captions-{language}.vtt"'
    return response


def _ms(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)


def _back(session: Session) -> HttpResponse:
    return redirect(reverse("studio-captions", args=[session.public_id]))
