"""Open vacancies of the whole installation, and one in full."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import actor_from
from employers import selectors
from employers.enums import PayScheme
from employers.models import Vacancy
from employers.search import search_vacancies
from jobfair.api.v1.fairs import (
    FILTERS,
    EmployerBrief,
    NewestFirst,
    VacancyBrief,
    VacancyPage,
)


class VacancyDetail(VacancyBrief):
    """A vacancy in full. What the employer left open is empty or null."""

    publisher = EmployerBrief()
    duties = serializers.CharField()
    requirements = serializers.CharField()
    certificates = serializers.CharField()
    pay_scheme = serializers.ChoiceField(choices=PayScheme.choices, allow_blank=True)
    base_pay = serializers.CharField(source="base_pay_text")
    total_pay = serializers.CharField(source="total_pay_text")
    couple_room = serializers.BooleanField(allow_null=True)
    social_insurance = serializers.BooleanField(allow_null=True)
    shuttle = serializers.BooleanField(allow_null=True)
    deposit = serializers.CharField(source="deposit_text")
    source_name = serializers.CharField()
    source_url = serializers.CharField()
    revision = serializers.SerializerMethodField()
    open = serializers.SerializerMethodField()

    def get_revision(self, vacancy: Vacancy) -> int | None:
        """The number of the revision shown; null before the first opening."""
        shown: selectors.VacancyPage = self.context["shown"]
        return shown.revision.number if shown.revision else None

    def get_open(self, vacancy: Vacancy) -> bool:
        """Whether people can apply."""
        shown: selectors.VacancyPage = self.context["shown"]
        return shown.is_open


class VacanciesView(APIView):
    permission_classes = [AllowAny]

    @extend_schema(operation_id="vacancies", parameters=FILTERS, responses=VacancyPage)
    def get(self, request: Request) -> Response:
        """Every open vacancy, newest first."""
        vacancies = Vacancy.objects.public().for_cards()
        found = search_vacancies(vacancies, request.query_params, strict=True)
        pages = NewestFirst()
        page: list[Any] = pages.paginate_queryset(found, request, self) or []
        return pages.get_paginated_response(VacancyBrief(page, many=True).data)


class VacancyView(APIView):
    permission_classes = [AllowAny]

    @extend_schema(operation_id="vacancy", responses=VacancyDetail)
    def get(self, request: Request, vacancy: UUID) -> Response:
        """One vacancy: as it is open, or as it was approved last."""
        shown = selectors.vacancy_page(vacancy, actor_from(request).user)
        return Response(VacancyDetail(shown.content, context={"shown": shown}).data)
