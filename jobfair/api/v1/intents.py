"""Intents: expressing one, the seeker's and the employer's lists, and the steps of the ladder."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.actor import Actor
from accounts.api import actor_from
from accounts.mfa import require_to_reveal
from accounts.models import User
from core.api import Cursor, StrictSerializer
from core.errors import Invalid, NotFound
from core.ids import read_id
from core.moments import read_moment
from core.numbers import MOST_EXACT
from employers.models import Employer
from fairs.rules import speaks_for
from intents import ladder
from intents.enums import EventKind, Level, MomentSource, Outcome
from intents.models import Intent, IntentQuerySet
from intents.selectors import applicable
from intents.services import express_intent
from livestream.models import Session

AS_PATTERN = "^(seeker|employer:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$"


class NewIntent(StrictSerializer):
    client_id = serializers.UUIDField(help_text="Chosen at the first tap; a retry repeats it.")
    vacancy = serializers.UUIDField()
    consent_version = serializers.CharField(max_length=20)
    session = serializers.UUIDField(required=False, allow_null=True)
    pin_seq = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=MOST_EXACT
    )
    seen_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="The broadcast moment on the viewer's screen."
    )
    call_me = serializers.BooleanField(required=False, default=False)


class WithdrawBody(StrictSerializer):
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class DeclineBody(StrictSerializer):
    reason = serializers.CharField(max_length=300)
    seen_level = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=7,
        help_text="The level on the recruiter's screen; refused if it has changed since.",
    )


class AdvanceBody(StrictSerializer):
    to = serializers.IntegerField(min_value=Level.INTERVIEW_BOOKED, max_value=Level.RETAINED)
    effective_on = serializers.DateField(required=False, allow_null=True)
    evidence = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class NoBody(StrictSerializer):
    """Steps that need nothing but the intent."""


class VacancyRef(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="public_id")
    title = serializers.CharField()
    url = serializers.CharField(source="get_absolute_url")


class EmployerRef(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()


class StepOut(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=EventKind.choices)
    at = serializers.DateTimeField()
    effective_on = serializers.DateField(allow_null=True)
    reason = serializers.CharField()


class IntentOut(serializers.Serializer[Any]):
    """What both sides see of an intent."""

    id = serializers.UUIDField(source="public_id")
    fair = serializers.CharField(source="fair.slug")
    vacancy = VacancyRef()
    employer = EmployerRef(source="vacancy.employer")
    session = serializers.UUIDField(source="session.public_id", default=None, allow_null=True)
    level = serializers.ChoiceField(choices=Level.choices)
    outcome = serializers.ChoiceField(choices=Outcome.choices)
    reason = serializers.CharField()
    call_me = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    events = StepOut(many=True)


class SeekerIntent(IntentOut):
    """A seeker's own intent."""

    client_id = serializers.UUIDField()
    pin_seq = serializers.IntegerField(allow_null=True)
    seen_at = serializers.DateTimeField(allow_null=True)
    moment_source = serializers.ChoiceField(choices=MomentSource.choices)
    consent_version = serializers.CharField(source="consent.version")


class SeekerAnswers(serializers.Serializer[Any]):
    name = serializers.CharField()
    trade = serializers.CharField()
    years = serializers.IntegerField(allow_null=True)
    certificates = serializers.CharField()


class EmployerIntent(IntentOut):
    """An intent as the employer sees it: the seeker's answers and never a phone number."""

    seeker = SeekerAnswers(source="*")
    revealed_at = serializers.DateTimeField(allow_null=True)


class AnyIntent(SeekerIntent, EmployerIntent):
    """For the schema: the fields of either side; a seeker's intent has no ``seeker``."""

    client_id = serializers.UUIDField(required=False)
    pin_seq = serializers.IntegerField(allow_null=True, required=False)
    seen_at = serializers.DateTimeField(allow_null=True, required=False)
    moment_source = serializers.ChoiceField(choices=MomentSource.choices, required=False)
    consent_version = serializers.CharField(required=False)
    seeker = SeekerAnswers(required=False)
    revealed_at = serializers.DateTimeField(allow_null=True, required=False)


class IntentPage(serializers.Serializer[Any]):
    """One page of a list; ``next`` and ``previous`` are addresses or null."""

    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = AnyIntent(many=True)


class Contact(serializers.Serializer[Any]):
    phone = serializers.CharField(help_text="E.164")
    revealed_at = serializers.DateTimeField()


class IntentCursor(Cursor):
    ordering = "-public_id"


def shown_to(user: User, intent: Intent) -> dict[str, Any]:
    """The representation for ``user``: their own intent, or one they may answer."""
    kind = SeekerIntent if intent.seeker_id == user.pk else EmployerIntent
    return dict(kind(intent).data)


def intents_of(as_whom: str, user: User) -> IntentQuerySet:
    """The list that ``as`` names; :class:`NotFound` for an employer that is not theirs."""
    if as_whom == "seeker":
        return Intent.objects.of_seeker(user)
    side, _sep, employer_id = as_whom.partition(":")
    wanted = read_id(employer_id)
    employer = Employer.objects.filter(public_id=wanted).first() if wanted else None
    if side != "employer" or employer is None:
        wrong = _("Use seeker or employer:<id>.")
        raise Invalid("as_wrong", wrong, fields={"as": wrong})
    answered = Intent.objects.answered_by(user).filter(vacancy__employer=employer)
    if not speaks_for(user, employer) and not answered.exists():
        raise NotFound
    return answered


def changed_since(rows: QuerySet[Intent], since: str | None) -> QuerySet[Intent]:
    """Those that changed at or after ``since``, an ISO 8601 moment with its offset."""
    if since is None:
        return rows
    moment = read_moment(since)
    if moment is None:
        wrong = _("Use a moment such as 2026-12-03T14:00:00+08:00.")
        raise Invalid("since_wrong", wrong, fields={"since": wrong})
    return rows.filter(updated_at__gte=moment)


def parsed(body: type[StrictSerializer], request: Request) -> dict[str, Any]:
    """The validated body of ``request``."""
    form = body(data=request.data)
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)


class IntentsView(APIView):
    """The seeker's or an employer's intents; expressing one."""

    @extend_schema(
        operation_id="intents_list",
        parameters=[
            OpenApiParameter(
                "as",
                {"type": "string", "pattern": AS_PATTERN},
                description="`seeker` (default) or `employer:<id>`",
            ),
            OpenApiParameter("since", OpenApiTypes.DATETIME, description="changed at or after"),
            OpenApiParameter("cursor", str),
            OpenApiParameter("page_size", int),
        ],
        responses=IntentPage,
    )
    def get(self, request: Request) -> Response:
        user = actor_from(request).require_user()
        as_whom = request.query_params.get("as", "seeker")
        rows = intents_of(as_whom, user).for_lists()
        pages = IntentCursor()
        page = pages.paginate_queryset(
            changed_since(rows, request.query_params.get("since")), request, view=self
        )
        kind = SeekerIntent if as_whom == "seeker" else EmployerIntent
        return pages.get_paginated_response(kind(page or [], many=True).data)

    @extend_schema(
        operation_id="intents_create",
        request=NewIntent,
        responses={201: SeekerIntent, 200: SeekerIntent},
    )
    def post(self, request: Request) -> Response:
        actor = actor_from(request)
        user = actor.require_user()
        body = parsed(NewIntent, request)
        vacancy = applicable(body["vacancy"])
        if vacancy is None:
            unknown = _("There is no such vacancy.")
            raise Invalid("vacancy_unknown", unknown, fields={"vacancy": unknown})
        intent, created = express_intent(
            actor=actor,
            vacancy=vacancy,
            client_id=body["client_id"],
            consent_version=body["consent_version"],
            session=session_of(user, body.get("session")),
            pin_seq=body.get("pin_seq"),
            seen_raw=body.get("seen_at"),
            call_me=body["call_me"],
        )
        intent = Intent.objects.for_lists().get(pk=intent.pk)
        return Response(SeekerIntent(intent).data, status=201 if created else 200)


def session_of(user: User, public_id: UUID | None) -> Session | None:
    """The session a tap came from; :class:`Invalid` for one that ``user`` cannot see."""
    if public_id is None:
        return None
    session = Session.objects.visible_to(user).filter(public_id=public_id).first()
    if session is None:
        unknown = _("There is no such session.")
        raise Invalid("session_unknown", unknown, fields={"session": unknown})
    return session


class IntentView(APIView):
    """One intent, for its seeker and those who may answer it."""

    @extend_schema(operation_id="intents_read", responses=AnyIntent)
    def get(self, request: Request, public_id: UUID) -> Response:
        user = actor_from(request).require_user()
        return Response(shown_to(user, visible_intent(user, public_id)))


def visible_intent(user: User, public_id: UUID) -> Intent:
    """The intent, through ``user``'s visibility; :class:`NotFound` otherwise."""
    intent = Intent.objects.visible_to(user).for_lists().filter(public_id=public_id).first()
    if intent is None:
        raise NotFound
    return intent


class _StepView(APIView):
    """Parses, takes one step, answers with the intent as it stands."""

    body: type[StrictSerializer] = NoBody

    def post(self, request: Request, public_id: UUID) -> Response:
        actor = actor_from(request)
        user = actor.require_user()
        intent = visible_intent(user, public_id)
        self.take(actor, intent, parsed(self.body, request))
        return Response(shown_to(user, visible_intent(user, public_id)))

    def take(self, actor: Actor, intent: Intent, body: dict[str, Any]) -> object:
        raise NotImplementedError


@extend_schema_view(
    post=extend_schema(operation_id="intents_withdraw", request=WithdrawBody, responses=AnyIntent)
)
class WithdrawView(_StepView):
    """The seeker withdraws the intent and its consent."""

    body = WithdrawBody

    def take(self, actor: Actor, intent: Intent, body: dict[str, Any]) -> object:
        return ladder.withdraw_intent(actor=actor, intent=intent, reason=body["reason"])


@extend_schema_view(
    post=extend_schema(operation_id="intents_accept", request=NoBody, responses=AnyIntent)
)
class AcceptView(_StepView):
    """The employer accepts: a match."""

    def take(self, actor: Actor, intent: Intent, body: dict[str, Any]) -> object:
        return ladder.accept_intent(actor=actor, intent=intent)


@extend_schema_view(
    post=extend_schema(operation_id="intents_undo", request=NoBody, responses=AnyIntent)
)
class UndoView(_StepView):
    """Take an acceptance back, until the phone number has been viewed."""

    def take(self, actor: Actor, intent: Intent, body: dict[str, Any]) -> object:
        return ladder.undo_accept(actor=actor, intent=intent)


@extend_schema_view(
    post=extend_schema(operation_id="intents_decline", request=DeclineBody, responses=AnyIntent)
)
class DeclineView(_StepView):
    """The employer declines with a reason that the seeker reads."""

    body = DeclineBody

    def take(self, actor: Actor, intent: Intent, body: dict[str, Any]) -> object:
        level = body.get("seen_level")
        return ladder.decline_intent(
            actor=actor,
            intent=intent,
            reason=body["reason"],
            seen_level=None if level is None else Level(level),
        )


@extend_schema_view(
    post=extend_schema(operation_id="intents_advance", request=AdvanceBody, responses=AnyIntent)
)
class AdvanceView(_StepView):
    """Note an interview, an offer, a hire or staying on."""

    body = AdvanceBody

    def take(self, actor: Actor, intent: Intent, body: dict[str, Any]) -> object:
        return ladder.advance_intent(
            actor=actor,
            intent=intent,
            to=Level(body["to"]),
            evidence=body["evidence"],
            effective_on=body.get("effective_on"),
        )


class RevealView(APIView):
    """查看电话: the seeker's phone number, after a match; audited. Staff show a second factor."""

    @extend_schema(operation_id="intents_reveal", request=NoBody, responses=Contact)
    def post(self, request: Request, public_id: UUID) -> Response:
        actor = actor_from(request)
        user = actor.require_user()
        intent = visible_intent(user, public_id)
        parsed(NoBody, request)
        require_to_reveal(request, is_member=speaks_for(user, intent.vacancy.employer))
        phone = ladder.reveal_contact(actor=actor, intent=intent)
        return Response(Contact({"phone": phone, "revealed_at": intent.revealed_at}).data)
