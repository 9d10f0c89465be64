"""Sessions and their rooms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import actor_from
from core.api import StrictSerializer
from core.db import first_or_404
from core.errors import Invalid, NotFound
from core.numbers import MOST_EXACT, whole_number
from employers.models import Employer, EmployerMember, Vacancy
from livestream import log, question_lists, rules, selectors, services
from livestream.enums import (
    EventKind,
    HonourLevel,
    ItemKind,
    ItemStatus,
    MessageStatus,
    QuestionStatus,
    SessionStatus,
    VideoSource,
)
from livestream.models import Guest, Question, Session
from livestream.realtime.longpoll import WAIT_MOST_S
from livestream.realtime.presence import present
from livestream.services.answers import Voice, for_employer

MOST_EVENTS = 500
QUESTIONS = 60


# --- what goes in --------------------------------------------------------------------------------


class MessageInput(StrictSerializer):
    client_id = serializers.UUIDField(help_text="Made by the client; the same again is a retry.")
    text = serializers.CharField(max_length=500, trim_whitespace=False)


class PinInput(StrictSerializer):
    vacancies = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=6, help_text="In order."
    )


class QuestionInput(StrictSerializer):
    client_id = serializers.UUIDField(help_text="Made by the client; the same again is a retry.")
    text = serializers.CharField(max_length=500, trim_whitespace=False)
    vacancy = serializers.UUIDField(required=False, allow_null=True)


class AnswerInput(StrictSerializer):
    text = serializers.CharField(max_length=1000, required=False, allow_blank=True)
    live = serializers.BooleanField(required=False, help_text="Answered on air.")
    for_employer = serializers.BooleanField(
        required=False, help_text="Given for the employer that the question went to."
    )
    guest = serializers.UUIDField(required=False, help_text="Given for this guest of the session.")


class RouteInput(StrictSerializer):
    employer = serializers.UUIDField(
        allow_null=True, help_text="One with a booth at the fair; null: the host."
    )


# --- what comes out ------------------------------------------------------------------------------


class HonourOutput(serializers.Serializer[Any]):
    level = serializers.ChoiceField(choices=HonourLevel.choices)
    title = serializers.CharField()
    year = serializers.IntegerField()
    issuer = serializers.CharField()


class GuestOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="guest.public_id")
    name = serializers.CharField(source="guest.name")
    trade = serializers.CharField(source="guest.trade")
    headline = serializers.CharField(source="guest.headline")
    honours = HonourOutput(many=True)


class StepOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=ItemKind.choices)
    title = serializers.CharField()
    minutes = serializers.IntegerField(help_text="Planned.")
    status = serializers.ChoiceField(choices=ItemStatus.choices)
    employer = serializers.CharField()
    presenters = serializers.ListField(child=serializers.CharField())
    vacancies = serializers.SerializerMethodField()

    def get_vacancies(self, step: selectors.Step) -> list[UUID]:
        return [vacancy.public_id for vacancy in step.vacancies if selectors.is_public(vacancy)]


class VideoOutput(serializers.Serializer[Any]):
    source = serializers.ChoiceField(choices=VideoSource.choices)  # type: ignore[assignment]
    playback_url = serializers.CharField(help_text="HLS; empty while off air or elsewhere.")
    external_url = serializers.CharField()
    platform = serializers.CharField()
    declared_delay_s = serializers.IntegerField()
    on_air_since = serializers.DateTimeField(allow_null=True)


class RoomOutput(serializers.Serializer[Any]):
    seq = serializers.IntegerField(help_text="Newest number of the room log.")
    present = serializers.IntegerField(help_text="People in the room now.")
    pin = serializers.DictField(allow_null=True, help_text="seq and vacancies of the card shown.")
    mode = serializers.DictField()


class SessionBrief(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="public_id")
    title = serializers.CharField()
    status = serializers.ChoiceField(choices=SessionStatus.choices)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    video_source = serializers.ChoiceField(choices=VideoSource.choices)
    url = serializers.CharField(source="get_absolute_url")


class SessionOutput(SessionBrief):
    fair = serializers.CharField(help_text="Its slug.")
    intro = serializers.CharField()
    video = VideoOutput()
    guests = GuestOutput(many=True)
    run_sheet = StepOutput(many=True)
    room = RoomOutput()


class EventOutput(serializers.Serializer[Any]):
    seq = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=EventKind.choices)
    at = serializers.DateTimeField()
    by = serializers.DictField(child=serializers.CharField(), required=False)
    data = serializers.DictField()  # type: ignore[assignment]


class EventsOutput(serializers.Serializer[Any]):
    seq = serializers.IntegerField(help_text="Newest number of the room log.")
    redaction_revision = serializers.IntegerField(help_text="Grows when an entry is removed.")
    events = EventOutput(many=True)


class MessageOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="public_id")
    seq = serializers.IntegerField()
    text = serializers.CharField()
    at = serializers.DateTimeField(source="created_at")
    held = serializers.SerializerMethodField(help_text="Waits for a moderator.")

    def get_held(self, message: Any) -> bool:
        return bool(message.status == MessageStatus.HELD)


class QuestionOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="public_id")
    seq = serializers.IntegerField()
    name = serializers.CharField()
    text = serializers.CharField()
    status = serializers.ChoiceField(choices=QuestionStatus.choices)
    asked_at = serializers.DateTimeField(source="created_at")
    vacancy = serializers.UUIDField(
        source="vacancy.public_id",
        default=None,
        allow_null=True,
        help_text="What it is about; null: the room.",
    )
    to = serializers.CharField(
        source="employer.name", default="", help_text="The employer it went to; empty: the host."
    )
    answer = serializers.CharField()
    answer_by = serializers.CharField(
        source="answer_name", help_text="The employer, the guest, or who of the crew wrote it."
    )
    answered_live = serializers.BooleanField()
    answered_second = serializers.IntegerField(
        allow_null=True,
        help_text="Seconds since the session first went on air; of an answer on air.",
    )
    answered_at = serializers.DateTimeField(allow_null=True)
    votes = serializers.IntegerField(source="vote_count")


class VotesOutput(serializers.Serializer[Any]):
    votes = serializers.IntegerField()


class PinOutput(serializers.Serializer[Any]):
    pin_seq = serializers.IntegerField(allow_null=True)


class AirOutput(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=SessionStatus.choices)
    on_air_since = serializers.DateTimeField(allow_null=True)


# --- views ---------------------------------------------------------------------------------------


def _session(request: Request, public_id: UUID) -> Session:
    return selectors.session_for(actor_from(request).user, public_id)[0]


def _checked(serializer: type[StrictSerializer], request: Request) -> dict[str, Any]:
    form = serializer(data=request.data)
    form.is_valid(raise_exception=True)
    values: dict[str, Any] = form.validated_data
    return values


def _whole_number(request: Request, name: str, default: int, most: int) -> int:
    raw = request.query_params.get(name)
    if raw is None:
        return default
    number = whole_number(raw, most)
    if number is None:
        text = _("A whole number from 0 to %(most)d.") % {"most": most}
        raise Invalid("invalid", _("Some of the input is not right."), fields={name: text})
    return number


class SessionView(APIView):
    permission_classes = [AllowAny]

    @extend_schema(operation_id="session", responses=SessionOutput)
    def get(self, request: Request, session: UUID) -> Response:
        """A session: its times, picture, guests, run-sheet and room."""
        user = actor_from(request).user
        found, standing = selectors.session_for(user, session)
        page = selectors.room(found, standing, user)
        video = {
            "source": found.video_source,
            "playback_url": selectors.playback_url(found),
            "external_url": found.external_url,
            "platform": found.platform_name,
            "declared_delay_s": found.declared_delay_s,
            "on_air_since": getattr(found, "on_air_since", None),
        }
        body = {
            **SessionBrief(found).data,
            "fair": found.fair.slug,
            "intro": found.intro,
            "video": VideoOutput(video).data,
            "guests": GuestOutput(page.guests, many=True).data,
            "run_sheet": StepOutput(page.steps, many=True).data,
            "room": {**page.snapshot, "present": present(found.public_id)},
        }
        return Response(body)


class EventsView(APIView):
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="session_events",
        parameters=[
            OpenApiParameter("after", OpenApiTypes.INT, description="Entries after this number."),
            OpenApiParameter("limit", OpenApiTypes.INT, description="At most 500; 200 by default."),
            OpenApiParameter(
                "wait", OpenApiTypes.INT, description="Seconds to wait for something new, to 10."
            ),
        ],
        responses=EventsOutput,
    )
    def get(self, request: Request, session: UUID) -> Response:
        """The room log, oldest first. Removed and held entries are empty, never missing."""
        found = _session(request, session)
        after = _whole_number(request, "after", 0, MOST_EXACT)
        limit = _whole_number(request, "limit", log.PAGE, MOST_EVENTS) or 1
        _whole_number(request, "wait", 0, WAIT_MOST_S)  # waited for in front of Django
        events = log.public_events(found.public_id, after=after, limit=limit)
        body = {
            "seq": found.last_seq,
            "redaction_revision": found.redaction_revision,
            "events": events,
        }
        return Response(body, headers={"Cache-Control": "no-store"})


class MessagesView(APIView):
    @extend_schema(
        operation_id="session_post_message",
        request=MessageInput,
        responses={200: MessageOutput, 201: MessageOutput},
    )
    def post(self, request: Request, session: UUID) -> Response:
        """Write in the room: 201 for a new message, 200 for one sent before."""
        values = _checked(MessageInput, request)
        found = _session(request, session)
        message, created = services.post_message(actor=actor_from(request), session=found, **values)
        return Response(MessageOutput(message).data, status=201 if created else 200)


class PinView(APIView):
    @extend_schema(operation_id="session_pin", request=PinInput, responses=PinOutput)
    def post(self, request: Request, session: UUID) -> Response:
        """Put vacancies on the screen, in place of what is there. For the session's crew."""
        found = _session(request, session)
        ids = _checked(PinInput, request)["vacancies"]
        by_id = {row.public_id: row for row in Vacancy.objects.filter(public_id__in=ids)}
        actor = actor_from(request)
        if len(by_id) < len(set(ids)):
            rules.require_console(found, actor.require_user())
            text = _("Only open vacancies of this fair can be shown.")
            raise Invalid("pin_not_open", text, fields={"vacancies": text})
        pin = services.pin_vacancies(
            actor=actor, session=found, vacancies=[by_id[key] for key in ids]
        )
        return Response(PinOutput({"pin_seq": pin.seq}).data)


class UnpinView(APIView):
    @extend_schema(operation_id="session_unpin", request=None, responses=PinOutput)
    def post(self, request: Request, session: UUID) -> Response:
        """Take the card off the screen; nothing there is fine."""
        found = _session(request, session)
        services.unpin(actor=actor_from(request), session=found)
        return Response(PinOutput({"pin_seq": None}).data)


class OnAirView(APIView):
    @extend_schema(operation_id="session_on_air", request=None, responses=AirOutput)
    def post(self, request: Request, session: UUID) -> Response:
        """Mark the session on air; on air already is fine."""
        found = _session(request, session)
        interval = services.mark_on_air(actor=actor_from(request), session=found)
        body = {"status": found.status, "on_air_since": interval.starts_at}
        return Response(AirOutput(body).data)


class OffAirView(APIView):
    @extend_schema(operation_id="session_off_air", request=None, responses=AirOutput)
    def post(self, request: Request, session: UUID) -> Response:
        """Mark the session off air; off air already is fine."""
        found = _session(request, session)
        services.mark_off_air(actor=actor_from(request), session=found)
        return Response(AirOutput({"status": found.status, "on_air_since": None}).data)


class QuestionsView(APIView):
    def get_permissions(self) -> Sequence[Any]:
        return [AllowAny()] if self.request.method == "GET" else super().get_permissions()

    @extend_schema(operation_id="session_questions", responses=QuestionOutput(many=True))
    def get(self, request: Request, session: UUID) -> Response:
        """The newest questions that were not set aside."""
        found = _session(request, session)
        questions = question_lists.with_votes(question_lists.newest(found))[:QUESTIONS]
        return Response(QuestionOutput(questions, many=True).data)

    @extend_schema(
        operation_id="session_ask",
        request=QuestionInput,
        responses={200: QuestionOutput, 201: QuestionOutput},
    )
    def post(self, request: Request, session: UUID) -> Response:
        """Ask in the room: 201 for a new question, 200 for one asked before."""
        values = _checked(QuestionInput, request)
        found = _session(request, session)
        about = values.pop("vacancy", None)
        vacancy = None
        if about is not None:
            vacancy = Vacancy.objects.public().filter(public_id=about).first()
            if vacancy is None:
                raise NotFound
        question, created = services.ask_question(
            actor=actor_from(request), session=found, vacancy=vacancy, **values
        )
        return _told(question, status=201 if created else 200)


def _told(question: Question, *, status: int = 200) -> Response:
    """A question as it is after what was done to it, with its votes."""
    return Response(QuestionOutput(question_lists.again(question)).data, status=status)


def _question(request: Request, public_id: UUID, *, own: bool = False) -> Question:
    """The question, if its room may be seen; with ``own`` also by the employer it went to."""
    user = actor_from(request).user
    may = Q(session__in=Session.objects.visible_to(user))
    if own and user is not None:
        may |= Q(employer__in=EmployerMember.objects.filter(person=user).values("employer"))
    question = (
        Question.objects.shown()
        .filter(may, public_id=public_id)
        .select_related("session__fair", "author", "vacancy", "employer")
        .first()
    )
    if question is None:
        raise NotFound
    return question


class VoteView(APIView):
    @extend_schema(operation_id="question_vote", request=None, responses=VotesOutput)
    def post(self, request: Request, question: UUID) -> Response:
        """Vote for a question, once."""
        found = _question(request, question)
        votes = services.vote(actor=actor_from(request), question=found)
        return Response(VotesOutput({"votes": votes}).data)

    @extend_schema(operation_id="question_unvote", request=None, responses={200: VotesOutput})
    def delete(self, request: Request, question: UUID) -> Response:
        """Take the vote back."""
        found = _question(request, question)
        votes = services.unvote(actor=actor_from(request), question=found)
        return Response(VotesOutput({"votes": votes}).data)


class AnswerView(APIView):
    @extend_schema(operation_id="question_answer", request=AnswerInput, responses=QuestionOutput)
    def post(self, request: Request, question: UUID) -> Response:
        """Answer in writing or mark as answered on air.

        For people on air and the crew; in writing also for the employer that was asked.
        """
        values = _checked(AnswerInput, request)
        found = _question(request, question, own=True)
        theirs, guest = values.pop("for_employer", False), values.pop("guest", None)
        voice = None
        if theirs:
            voice = for_employer(found)
        elif guest is not None:
            guests = Guest.objects.filter(appearances__session=found.session, public_id=guest)
            voice = Voice(guest=first_or_404(guests))
        answered = services.answer_question(
            actor=actor_from(request), question=found, voice=voice, **values
        )
        return _told(answered)


class QuestionPinView(APIView):
    @extend_schema(operation_id="question_pin", request=None, responses=PinOutput)
    def post(self, request: Request, question: UUID) -> Response:
        """Put a question on the screen, in place of the one there. For the session's crew."""
        found = _question(request, question)
        pin = services.pin_question(actor=actor_from(request), question=found)
        return Response(PinOutput({"pin_seq": pin.seq}).data)

    @extend_schema(operation_id="question_unpin", request=None, responses={200: PinOutput})
    def delete(self, request: Request, question: UUID) -> Response:
        """Take this question off the screen; not there is fine."""
        found = _question(request, question)
        services.unpin_question(actor=actor_from(request), session=found.session, question=found)
        return Response(PinOutput({"pin_seq": None}).data)


class QuestionRouteView(APIView):
    @extend_schema(operation_id="question_route", request=RouteInput, responses=QuestionOutput)
    def post(self, request: Request, question: UUID) -> Response:
        """Send a question to an employer of the fair or to the host. For the session's crew."""
        wanted = _checked(RouteInput, request)["employer"]
        found = _question(request, question)
        rules.require_console(found.session, actor_from(request).require_user())
        employer = None
        if wanted is not None:
            employer = first_or_404(Employer.objects.filter(public_id=wanted))
        routed = services.route_question(
            actor=actor_from(request), question=found, employer=employer
        )
        return _told(routed)
