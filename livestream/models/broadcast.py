"""The picture of a session: who may publish, what was published, when it was on air, the replay."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from core.db import PublicModel, one_of
from livestream.enums import (
    IntervalSource,
    KeyKind,
    PartStatus,
    PublishPath,
    ReplayStatus,
    TakeEnd,
)
from livestream.models.session import Session


class StreamKey(PublicModel):
    """推流码: lets one broadcast be published; the secret is stored hashed and shown once.

    One encoder key (OBS, a switcher) is valid per session at a time; every browser that goes live
    gets one of its own. Revoking a key ends what is published with it.
    """

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="stream_keys")
    kind = models.CharField(max_length=7, choices=KeyKind.choices)
    #: SHA-256 of the secret, in hex; the secret has 160 random bits, so that is enough.
    digest = models.CharField(max_length=64, unique=True)
    #: The secret's last four characters, to tell keys apart.
    hint = models.CharField(max_length=4)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=one_of("kind", KeyKind), name="stream_key_kind_known"),
            models.UniqueConstraint(
                fields=["session"],
                condition=Q(kind=KeyKind.ENCODER, revoked_at__isnull=True),
                name="stream_key_one_for_encoder",
            ),
        ]


class Take(PublicModel):
    """推流段: one publishing connection, one directory, one recording.

    ``up_at`` is when the playlist first listed segments: from then on it can be watched.
    ``beat_at`` moves every two seconds while the process that receives the picture lives; a take
    whose last beat is old has lost it. ``first_at`` and ``last_at`` are the programme times of its
    first and last picture.
    """

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="takes")
    number = models.PositiveIntegerField()
    connection_id = models.CharField(max_length=80)
    path = models.CharField(max_length=8, choices=PublishPath.choices, default=PublishPath.BROWSER)
    key = models.ForeignKey(
        StreamKey, on_delete=models.SET_NULL, null=True, blank=True, related_name="takes"
    )
    started_at = models.DateTimeField(default=timezone.now)
    beat_at = models.DateTimeField(default=timezone.now)
    up_at = models.DateTimeField(null=True, blank=True)
    first_at = models.DateTimeField(null=True, blank=True)
    last_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    end = models.CharField(max_length=8, choices=TakeEnd.choices, blank=True)
    #: What went wrong, for staff; never shown to viewers.
    trouble = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "number"], name="take_number_once"),
            models.UniqueConstraint(
                fields=["session", "connection_id"], name="take_connection_once"
            ),
            models.UniqueConstraint(
                fields=["session"], condition=Q(ended_at__isnull=True), name="take_one_open"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("started_at")),
                name="take_ends_after_start",
            ),
            models.CheckConstraint(condition=one_of("path", PublishPath), name="take_path_known"),
            models.CheckConstraint(
                condition=Q(end="", ended_at__isnull=True)
                | (one_of("end", TakeEnd) & Q(ended_at__isnull=False)),
                name="take_end_is_known",
            ),
        ]


class OnAirInterval(models.Model):
    """A stretch of time on air, marked by staff or measured from a take (in programme time)."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="on_air")
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True)
    source = models.CharField(max_length=6, choices=IntervalSource.choices)
    take = models.OneToOneField(Take, on_delete=models.CASCADE, null=True, blank=True)
    marked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=one_of("source", IntervalSource), name="on_air_source_known"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gte=F("starts_at")),
                name="on_air_ends_after_start",
            ),
            models.UniqueConstraint(
                fields=["session"],
                condition=Q(ends_at__isnull=True),
                name="on_air_marked_once",
            ),
        ]


class Replay(PublicModel):
    """回放: what can be watched of a session afterwards.

    ``revision`` names the directory that viewers play from; a new one is made beside it and then
    takes its place. ``starts_at`` and ``ends_at`` are the edges staff cut to, in programme time
    (empty: all of it). ``expires_at`` is when the clock deletes it with its recordings.
    """

    session = models.OneToOneField(Session, on_delete=models.CASCADE, related_name="replay")
    status = models.CharField(
        max_length=8, choices=ReplayStatus.choices, default=ReplayStatus.WAITING
    )
    revision = models.PositiveIntegerField(default=0)
    percent = models.PositiveSmallIntegerField(default=0)
    trouble = models.CharField(max_length=300, blank=True)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    hidden_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=one_of("status", ReplayStatus), name="replay_status_known"
            ),
            models.CheckConstraint(condition=Q(percent__lte=100), name="replay_percent_to_100"),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True)
                | Q(ends_at__isnull=True)
                | Q(ends_at__gt=F("starts_at")),
                name="replay_ends_after_start",
            ),
        ]


class ReplayPart(models.Model):
    """One take in a replay: its recording, or why there is none."""

    replay = models.ForeignKey(Replay, on_delete=models.CASCADE, related_name="parts")
    take = models.OneToOneField(Take, on_delete=models.CASCADE, related_name="replay_part")
    status = models.CharField(max_length=7, choices=PartStatus.choices, default=PartStatus.WAITING)
    starts_at = models.DateTimeField(null=True, blank=True)
    duration_ms = models.PositiveIntegerField(default=0)
    bytes = models.PositiveBigIntegerField(default=0)
    trouble = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["take__number"]
        constraints = [
            models.CheckConstraint(
                condition=one_of("status", PartStatus), name="replay_part_status_known"
            ),
            models.CheckConstraint(
                condition=~Q(status=PartStatus.READY) | Q(starts_at__isnull=False),
                name="replay_part_ready_is_dated",
            ),
        ]


class Caption(PublicModel):
    """字幕: one line of captions, in programme time; typed live or from an uploaded WebVTT file."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="captions")
    language = models.CharField(max_length=8, choices=settings.LANGUAGES, default="zh-hans")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    text = models.CharField(max_length=200)
    #: The log entry that showed it live; empty for one that was uploaded.
    seq = models.PositiveBigIntegerField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["starts_at", "id"]
        indexes = [models.Index(fields=["session", "language", "starts_at"], name="caption_order")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="caption_ends_after_start"
            )
        ]
