"""字幕: lines that somebody types while the session is on air, and files uploaded afterwards."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Actor
from core.errors import Conflict, Invalid, NotFound
from core.moments import YEARS
from core.ratelimit import take
from core.texts import clean_text
from core.transactions import write
from livestream import rules, webvtt
from livestream.enums import EventKind, SessionStatus
from livestream.log import Draft, append_events, caption_data
from livestream.models import Caption, OnAirInterval, Session
from livestream.services.moderation import redact

LANGUAGES: Final = tuple(code for code, _name in settings.LANGUAGES)
MAX_FILE: Final = 1024 * 1024
#: How long ago a typed line may have been said, at most.
MOST_BACK_S: Final = 15
LIMIT, PERIOD_S = 60, 60
_SHORTEST_S, _LONGEST_S = 2.0, 7.0
#: Seconds that reading takes: a Chinese character, any other one.
_WIDE_S, _NARROW_S = 0.22, 0.07


def add_caption(
    *, actor: Actor, session: Session, text: str, language: str, back_s: int = 0
) -> Caption:
    """Show a line on every viewer's picture, ``back_s`` seconds before now in programme time.

    For the crew and moderators, while the session is live. It stays for as long as reading it
    takes; the line before it makes way.
    """
    user = actor.require_user()
    rules.require_moderator(session, user)
    text = clean_text(text, limit=webvtt.MOST_TEXT)
    language = _known(language)
    take(f"caption:{user.actor_key}", limit=LIMIT, period_s=PERIOD_S)
    with write():
        session.refresh_from_db(fields=["status"])
        if session.status != SessionStatus.LIVE:
            raise Conflict("session_state", _("Captions are typed while the session is live."))
        now = timezone.now()
        starts_at = now - timedelta(seconds=min(max(0, back_s), MOST_BACK_S))
        _cut_short(session, language, starts_at)
        caption = Caption(
            session=session,
            language=language,
            starts_at=starts_at,
            ends_at=starts_at + reading_time(text),
            text=text,
        )
        refs = {"caption": str(caption.public_id)}
        draft = Draft(
            kind=EventKind.CAPTION,
            actor_key=user.actor_key,
            refs=refs,
            data=caption_data(caption),
            at=now,
        )
        caption.seq = append_events(session, [draft])[0].event.seq
        caption.save(force_insert=True)
    return caption


def reading_time(text: str) -> timedelta:
    """For how long a line stays."""
    seconds = sum(_WIDE_S if ord(char) > 0x2E7F else _NARROW_S for char in text)
    return timedelta(seconds=min(_LONGEST_S, max(_SHORTEST_S, 1 + seconds)))


def _cut_short(session: Session, language: str, at: datetime) -> None:
    """Lines typed before that are still shown then end there."""
    shown = Caption.objects.filter(session=session, language=language, seq__isnull=False)
    shown.filter(starts_at__lt=at, ends_at__gt=at).update(ends_at=at)


def remove_caption(*, actor: Actor, session: Session, seq: int) -> None:
    """Take back a line that was typed, also off the screens; no such line: :class:`NotFound`."""
    user = actor.require_user()
    rules.require_moderator(session, user)
    with write():
        caption = Caption.objects.filter(session=session, seq=seq).first()
        if caption is None:
            raise NotFound
        caption.delete()
        redact(user, session, seq)
        audit.record(actor=user, action="caption.remove", obj=session, diff={"seq": [seq, None]})


class BadFileError(Invalid):
    """A caption file that was not taken; ``problems`` names its lines."""

    def __init__(self, problems: list[webvtt.Problem]) -> None:
        words = format_lazy(_("Nothing was taken: {n} lines are wrong."), n=len(problems))
        super().__init__("captions_file", words, fields={"file": words})
        self.problems = problems


def upload_webvtt(
    *,
    actor: Actor,
    session: Session,
    language: str,
    content: bytes,
    zero: datetime | None = None,
) -> int:
    """Take a file's captions in place of those uploaded before in the language; how many.

    The file's time counts from ``zero``, or from when the session first went on air. Typed lines
    stay. For the session's console. Raises :class:`BadFileError`, and then nothing has changed.
    """
    user = actor.require_user()
    rules.require_console(session, user)
    language = _known(language)
    cues = _read(content)
    zero = zero or first_on_air(session)
    if zero is None:
        raise Conflict("not_on_air", _("The session has not been on air: give the time of 0:00."))
    if zero.year not in YEARS:
        words = _("This is no time of a session.")
        raise Invalid("captions_zero", words, fields={"zero": words})
    begin = zero
    rows = [
        Caption(
            session=session,
            language=language,
            starts_at=begin + timedelta(milliseconds=cue.starts_ms),
            ends_at=begin + timedelta(milliseconds=cue.ends_ms),
            text=cue.text,
        )
        for cue in cues
    ]
    with write():
        uploaded = Caption.objects.filter(session=session, language=language, seq=None)
        before, _rows = uploaded.delete()
        Caption.objects.bulk_create(rows, batch_size=500)
        diff = {language: [before, len(rows)]}
        audit.record(actor=user, action="captions.upload", obj=session, diff=diff)
    return len(rows)


def delete_uploaded(*, actor: Actor, session: Session, language: str) -> int:
    """Delete the captions uploaded in a language; how many there were."""
    user = actor.require_user()
    rules.require_console(session, user)
    with write():
        uploaded = Caption.objects.filter(session=session, language=_known(language), seq=None)
        before, _rows = uploaded.delete()
        if before:
            diff = {language: [before, 0]}
            audit.record(actor=user, action="captions.delete", obj=session, diff=diff)
    return before


def first_on_air(session: Session) -> datetime | None:
    """When the session first went on air: second 0 of its programme."""
    starts = OnAirInterval.objects.filter(session=session).order_by("starts_at")
    return starts.values_list("starts_at", flat=True).first()


def _known(language: str) -> str:
    if language not in LANGUAGES:
        words = _("Choose the language.")
        raise Invalid("captions_language", words, fields={"language": words})
    return language


def _read(content: bytes) -> list[webvtt.Cue]:
    if len(content) > MAX_FILE:
        raise BadFileError([webvtt.Problem(1, _("The file is larger than 1 MB."))])
    try:
        return webvtt.parse(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        words = _("This is not UTF-8 text. Save the file as UTF-8.")
        raise BadFileError([webvtt.Problem(line, words)]) from None
    except webvtt.BadCaptionsError as error:
        raise BadFileError(error.problems) from None
