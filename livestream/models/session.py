"""Sessions: who is on, what comes when, and when it was on air."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.db import PublicModel, one_of
from employers.models import Employer, Vacancy
from fairs.enums import PUBLIC_FAIRS, StaffRole
from fairs.models import Fair, FairStaff
from livestream.enums import (
    CONSOLE_ROLES,
    OWN_SOURCES,
    CrewRole,
    ItemKind,
    ItemStatus,
    SessionStatus,
    VideoSource,
)
from livestream.models.people import Guest

if TYPE_CHECKING:
    from accounts.models import User


class SessionQuerySet(models.QuerySet["Session"]):
    def visible_to(self, user: User | None) -> SessionQuerySet:
        """Sessions of public fairs that are no rehearsals; crew and fair staff see all theirs."""
        public = Q(fair__status__in=PUBLIC_FAIRS, rehearsal_of__isnull=True)
        if user is None:
            return self.filter(public)
        if user.is_superuser:
            return self.all()
        return self.filter(public | self._worked_by(user))

    def worked_by(self, user: User) -> SessionQuerySet:
        """Sessions that ``user`` works at, as crew or as the fair's staff."""
        return self.all() if user.is_superuser else self.filter(self._worked_by(user))

    def console_of(self, user: User) -> SessionQuerySet:
        """Sessions whose console ``user`` may work."""
        if user.is_superuser:
            return self.all()
        crew = SessionCrew.objects.filter(person=user, ended_at=None, role__in=CONSOLE_ROLES)
        managed = FairStaff.objects.filter(person=user, ended_at=None, role="manager")
        return self.filter(Q(pk__in=crew.values("session")) | Q(fair__in=managed.values("fair")))

    def moderated_by(self, user: User) -> SessionQuerySet:
        """Sessions whose room ``user`` moderates: as crew at its console, or as fair staff."""
        if user.is_superuser:
            return self.all()
        crew = SessionCrew.objects.filter(person=user, ended_at=None, role__in=CONSOLE_ROLES)
        fairs = Fair.objects.staffed_by(user, StaffRole.MANAGER, StaffRole.MODERATOR)
        return self.filter(Q(pk__in=crew.values("session")) | Q(fair__in=fairs))

    @staticmethod
    def _worked_by(user: User) -> Q:
        crew = SessionCrew.objects.filter(person=user, ended_at=None)
        staff = FairStaff.objects.filter(person=user, ended_at=None)
        return Q(pk__in=crew.values("session")) | Q(fair__in=staff.values("fair"))


class Session(PublicModel):
    """直播场次, with its room.

    ``last_seq`` is the room log's last number; only ``livestream.log.append_events`` moves it.
    ``declared_delay_s`` is how many seconds the picture on another platform lags behind.
    """

    fair = models.ForeignKey(Fair, on_delete=models.PROTECT, related_name="sessions")
    title = models.CharField(_("title"), max_length=80)
    intro = models.TextField(_("introduction"), blank=True)
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    status = models.CharField(
        max_length=10, choices=SessionStatus.choices, default=SessionStatus.SCHEDULED, db_index=True
    )
    video_source = models.CharField(
        _("where the picture comes from"), max_length=14, choices=VideoSource.choices
    )
    external_url = models.URLField(_("link to the picture"), max_length=500, blank=True)
    platform_name = models.CharField(_("platform"), max_length=40, blank=True)
    #: Who can stop the picture on the other platform, and how to reach them.
    stop_contact = models.CharField(_("who can stop it there"), max_length=120, blank=True)
    declared_delay_s = models.PositiveSmallIntegerField(_("declared delay, seconds"), default=0)
    #: Length of a segment of the picture we package: 1 s is closer, 2 s is calmer on bad lines.
    segment_s = models.PositiveSmallIntegerField(_("segment length, seconds"), default=2)
    rehearsal_of = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="rehearsals"
    )
    chat_open = models.BooleanField(default=True)
    hold_messages = models.BooleanField(default=False)
    slow_mode_s = models.PositiveSmallIntegerField(default=0)
    #: Viewers write once their phone number has been verified for this long; 0: at once.
    min_account_minutes = models.PositiveSmallIntegerField(default=0)
    redaction_revision = models.PositiveIntegerField(default=0, editable=False)
    last_seq = models.PositiveBigIntegerField(default=0, editable=False)

    objects: ClassVar[models.Manager[Session]] = SessionQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["starts_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=one_of("status", SessionStatus), name="session_status_known"
            ),
            models.CheckConstraint(
                condition=one_of("video_source", VideoSource), name="session_source_known"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="session_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(video_source__in=OWN_SOURCES) | ~Q(external_url=""),
                name="session_external_has_link",
            ),
            models.CheckConstraint(
                condition=Q(segment_s__gte=1, segment_s__lte=6), name="session_segment_1_to_6_s"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("live-room", args=[self.public_id])


class SessionCrew(models.Model):
    """A person who works at a session; ended, never deleted."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="crew")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="crew_roles"
    )
    role = models.CharField(max_length=14, choices=CrewRole.choices)
    employer = models.ForeignKey(
        Employer, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    since = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["session", "person", "role"],
                condition=Q(ended_at__isnull=True),
                name="session_crew_role_once",
            ),
            models.CheckConstraint(
                condition=one_of("role", CrewRole), name="session_crew_role_known"
            ),
        ]


class SessionGuest(models.Model):
    """A guest announced for a session."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="guest_list")
    guest = models.ForeignKey(Guest, on_delete=models.PROTECT, related_name="appearances")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["session", "guest"], name="session_guest_once")
        ]


class RunSheetItem(PublicModel):
    """One step of the 流程单. Positions are spaced so that a step can be inserted."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="run_sheet")
    position = models.PositiveIntegerField()
    kind = models.CharField(_("kind"), max_length=10, choices=ItemKind.choices)
    title = models.CharField(_("title"), max_length=80)
    planned_minutes = models.PositiveSmallIntegerField(_("planned minutes"), default=10)
    employer = models.ForeignKey(
        Employer, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    presenters: models.ManyToManyField[Guest, models.Model] = models.ManyToManyField(
        Guest, blank=True, related_name="presents"
    )
    vacancies: models.ManyToManyField[Vacancy, RunSheetVacancy] = models.ManyToManyField(
        Vacancy, through="RunSheetVacancy", related_name="run_sheet_items"
    )
    status = models.CharField(max_length=8, choices=ItemStatus.choices, default=ItemStatus.PLANNED)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "id"]
        constraints = [
            models.CheckConstraint(condition=one_of("kind", ItemKind), name="run_sheet_kind_known"),
            models.CheckConstraint(
                condition=one_of("status", ItemStatus), name="run_sheet_status_known"
            ),
            models.UniqueConstraint(
                fields=["session"],
                condition=Q(status=ItemStatus.CURRENT),
                name="run_sheet_one_current",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class RunSheetVacancy(models.Model):
    """A vacancy that a run-sheet item presents."""

    item = models.ForeignKey(RunSheetItem, on_delete=models.CASCADE, related_name="presented")
    vacancy = models.ForeignKey(Vacancy, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["item", "vacancy"], name="run_sheet_vacancy_once")
        ]
