"""Questions: what viewers ask in a room, their votes, and the one on the screen."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from core.db import PublicModel, one_of
from employers.models import Employer, Vacancy
from livestream.enums import QuestionStatus
from livestream.models.people import Guest
from livestream.models.session import Session


class QuestionQuerySet(models.QuerySet["Question"]):
    def shown(self) -> QuestionQuerySet:
        """Questions that everybody in the room reads: waiting and answered ones."""
        return self.filter(status__in=(QuestionStatus.PENDING, QuestionStatus.ANSWERED))

    def waiting(self) -> QuestionQuerySet:
        """Questions that wait for an answer."""
        return self.filter(status=QuestionStatus.PENDING)


class Question(PublicModel):
    """提问, beside its log entry ``seq``; routed to the host (no ``employer``) or an employer.

    ``fingerprint`` is the same for the same words, so that nobody asks the same twice in a room.
    An answer speaks for an employer, for a guest, or for the crew (neither); ``on_behalf`` says
    that somebody of the crew gave it for them. ``answered_second`` counts from the beginning of
    the session's first on-air interval.
    """

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="questions")
    seq = models.PositiveBigIntegerField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="questions"
    )
    name = models.CharField(max_length=40)
    text = models.CharField(max_length=300)
    fingerprint = models.CharField(max_length=32, blank=True)
    vacancy = models.ForeignKey(
        Vacancy, on_delete=models.PROTECT, null=True, blank=True, related_name="questions"
    )
    employer = models.ForeignKey(
        Employer, on_delete=models.PROTECT, null=True, blank=True, related_name="questions"
    )
    status = models.CharField(
        max_length=10, choices=QuestionStatus.choices, default=QuestionStatus.PENDING
    )
    #: The listed word that held the question back; empty where the room reviews first.
    held_because = models.CharField(max_length=60, blank=True)
    answer = models.TextField(max_length=1000, blank=True)
    answered_live = models.BooleanField(default=False)
    answered_second = models.PositiveIntegerField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    answer_employer = models.ForeignKey(
        Employer, on_delete=models.PROTECT, null=True, blank=True, related_name="answers"
    )
    answer_guest = models.ForeignKey(
        Guest, on_delete=models.PROTECT, null=True, blank=True, related_name="answers"
    )
    on_behalf = models.BooleanField(default=False)
    dismissed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    dismissed_at = models.DateTimeField(null=True, blank=True)
    dismissed_reason = models.CharField(max_length=200, blank=True)

    objects: ClassVar[models.Manager[Question]] = QuestionQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["session", "status"], name="question_by_session"),
            models.Index(fields=["employer", "status", "created_at"], name="question_by_employer"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["session", "seq"], name="question_seq_once"),
            models.UniqueConstraint(
                fields=["session", "author", "fingerprint"],
                condition=~Q(fingerprint=""),
                name="question_words_once",
            ),
            models.CheckConstraint(
                condition=one_of("status", QuestionStatus), name="question_status_known"
            ),
            models.CheckConstraint(
                condition=~Q(status=QuestionStatus.ANSWERED) | Q(answered_at__isnull=False),
                name="question_answered_is_dated",
            ),
            models.CheckConstraint(
                condition=~Q(status=QuestionStatus.DISMISSED) | Q(dismissed_at__isnull=False),
                name="question_dismissed_is_dated",
            ),
            models.CheckConstraint(
                condition=Q(answered_second__isnull=True) | Q(answered_live=True),
                name="question_second_is_live",
            ),
            models.CheckConstraint(
                condition=Q(answer_employer__isnull=True) | Q(answer_guest__isnull=True),
                name="question_answer_one_voice",
            ),
        ]

    @property
    def answer_name(self) -> str:
        """The name the answer stands under: the employer's, the guest's, or who wrote it.

        Empty where the crew only marked that somebody answered on air.
        """
        speaker = self.answer_employer or self.answer_guest
        if speaker is not None:
            return speaker.name
        if self.answered_by is None or (self.answered_live and not self.answer):
            return ""
        return self.answered_by.display_name


class QuestionVote(models.Model):
    """One account's vote for a question."""

    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="votes")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="question_votes"
    )
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["question", "person"], name="question_vote_once")
        ]


class QuestionPin(models.Model):
    """A question on the screen, from log entry ``seq`` until ``ended_at``."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="question_pins")
    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="pins")
    seq = models.PositiveBigIntegerField()
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "seq"], name="question_pin_seq_once"),
            models.UniqueConstraint(
                fields=["session"],
                condition=Q(ended_at__isnull=True),
                name="question_pin_one_current",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("started_at")),
                name="question_pin_ends_after_start",
            ),
        ]
