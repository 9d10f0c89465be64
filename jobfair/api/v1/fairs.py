"""Fairs, and the vacancies they bring."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import actor_from
from core.api import Cursor
from employers.enums import Board, EmploymentForm, PayUnit, Shift
from employers.models import Vacancy
from employers.search import search_vacancies
from fairs import selectors
from fairs.enums import FairStatus, PartnerKind
from fairs.models import Fair
from jobfair.api.v1.sessions import SessionBrief
from livestream.selectors import sessions_of


class PartnerOutput(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=PartnerKind.choices)
    name = serializers.CharField()


class FairOutput(serializers.Serializer[Any]):
    slug = serializers.CharField()
    name = serializers.CharField()
    tagline = serializers.CharField()
    status = serializers.ChoiceField(choices=FairStatus.choices)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    partners = PartnerOutput(many=True)
    url = serializers.CharField(source="get_absolute_url")


class FairDetail(FairOutput):
    intro = serializers.CharField()
    sessions = serializers.SerializerMethodField()

    @extend_schema_field(SessionBrief(many=True))
    def get_sessions(self, fair: Fair) -> Any:
        return SessionBrief(sessions_of(fair, self.context["user"]), many=True).data


class EmployerBrief(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    verified = serializers.BooleanField(source="is_verified")


class VacancyBrief(serializers.Serializer[Any]):
    """A vacancy as lists show it. Money is in fen per ``pay_unit``."""

    id = serializers.UUIDField(source="public_id")
    title = serializers.CharField()
    trade = serializers.CharField()
    employer = EmployerBrief()
    place = serializers.CharField(source="place_text")
    place_code = serializers.CharField(help_text="GB/T 2260.")
    headcount = serializers.IntegerField(allow_null=True)
    pay = serializers.CharField(source="pay_display")
    pay_min_fen = serializers.IntegerField(allow_null=True)
    pay_max_fen = serializers.IntegerField(allow_null=True)
    pay_unit = serializers.ChoiceField(choices=PayUnit.choices, allow_blank=True)
    education = serializers.IntegerField(allow_null=True)
    experience_years = serializers.IntegerField(allow_null=True)
    employment_form = serializers.ChoiceField(choices=EmploymentForm.choices, allow_blank=True)
    shift = serializers.ChoiceField(choices=Shift.choices, allow_blank=True)
    board = serializers.ChoiceField(choices=Board.choices, allow_blank=True)
    valid_until = serializers.DateField(allow_null=True)
    url = serializers.CharField(source="get_absolute_url")


class FairPage(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = FairOutput(many=True)


class VacancyPage(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = VacancyBrief(many=True)


class NewestFirst(Cursor):
    ordering = ("-opened_at", "-id")


class FairCursor(Cursor):
    ordering = ("-starts_at", "-id")


def _parameter(name: str, text: str, kind: Any = OpenApiTypes.STR) -> OpenApiParameter:
    return OpenApiParameter(name, kind, description=text)


FILTERS = [
    _parameter("q", "Words, Chinese or not."),
    _parameter("place", "GB/T 2260 prefix or a name."),
    _parameter("trade", "Part of the trade's name."),
    _parameter("pay_min", "CNY a month, at least.", OpenApiTypes.INT),
    _parameter("education", "At least: 0, 10 … 60.", OpenApiTypes.INT),
    _parameter("experience", "The seeker's years.", OpenApiTypes.INT),
    _parameter("shift", "day, two_shift, three_shift, night, flexible."),
    _parameter("board", "none, meals, lodging, both."),
    _parameter("employment_form", "direct, dispatch, outsourced, intern, part_time."),
    _parameter("employer", "The employer's id.", OpenApiTypes.UUID),
    _parameter("cursor", "From next or previous."),
    _parameter("page_size", "At most 100.", OpenApiTypes.INT),
]


class FairsView(APIView):
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="fairs",
        responses=FairPage,
        parameters=FILTERS[-2:],
    )
    def get(self, request: Request) -> Response:
        """Fairs, newest first."""
        pages = FairCursor()
        fairs = selectors.listed_fairs(actor_from(request).user)
        page = pages.paginate_queryset(fairs, request, self) or []
        return pages.get_paginated_response(FairOutput(page, many=True).data)


class FairView(APIView):
    permission_classes = [AllowAny]

    @extend_schema(operation_id="fair", responses=FairDetail)
    def get(self, request: Request, slug: str) -> Response:
        """A fair with its sessions."""
        user = actor_from(request).user
        fair = selectors.fair_for(user, slug)
        return Response(FairDetail(fair, context={"user": user}).data)


class FairVacanciesView(APIView):
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="fair_vacancies",
        parameters=FILTERS,
        responses=VacancyPage,
    )
    def get(self, request: Request, slug: str) -> Response:
        """The fair's open vacancies, newest first."""
        fair = selectors.fair_for(actor_from(request).user, slug)
        brought = selectors.vacancies_at(fair).select_related("employer")
        found = search_vacancies(brought, request.query_params, strict=True)
        pages = NewestFirst()
        page: list[Vacancy] = pages.paginate_queryset(found, request, self) or []
        return pages.get_paginated_response(VacancyBrief(page, many=True).data)
