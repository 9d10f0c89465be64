"""A fair's figures, for its managers and statisticians."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import actor_from
from core.errors import NotFound
from fairs.models import Fair
from fairs.rules import require_role
from insights.moments import read_as_of
from insights.records import LEVELS
from insights.report import Cell, Report, report_of
from insights.selectors import fair_statistics
from insights.views import READERS
from insights.watch_report import WatchRow
from intents.enums import Level
from livestream.enums import WatchKind


class CountOut(serializers.Serializer[Any]):
    level = serializers.ChoiceField(choices=Level.choices)
    persons = serializers.IntegerField()
    intents = serializers.IntegerField()


class LineOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    levels = CountOut(many=True)


class EndedOut(serializers.Serializer[Any]):
    withdrawn = serializers.IntegerField()
    declined = serializers.IntegerField()
    lapsed = serializers.IntegerField()


class DimensionsOut(serializers.Serializer[Any]):
    session = LineOut(many=True)
    guest = LineOut(many=True)
    employer = LineOut(many=True)
    vacancy = LineOut(many=True)
    channel = LineOut(many=True)


class SupplyOut(serializers.Serializer[Any]):
    employers = serializers.IntegerField()
    vacancies = serializers.IntegerField()
    headcount = serializers.IntegerField(help_text="Openings of vacancies that state a number.")
    unnumbered = serializers.IntegerField(help_text="Vacancies with 若干 openings.")
    trades = serializers.IntegerField()


class TalkOut(serializers.Serializer[Any]):
    messages = serializers.IntegerField()
    senders = serializers.IntegerField()
    questions = serializers.IntegerField()
    askers = serializers.IntegerField()
    answered = serializers.IntegerField()


class SessionTalkOut(TalkOut):
    id = serializers.UUIDField()


class ViewsOut(serializers.Serializer[Any]):
    views = serializers.IntegerField(help_text="观看人次: watch sessions of 10 s and more.")
    viewers = serializers.IntegerField(help_text="观看人数: distinct persons among them.")
    effective_views = serializers.IntegerField(help_text="Of 60 s and more.")
    effective_viewers = serializers.IntegerField()


class WatchedOut(ViewsOut):
    watched_s = serializers.IntegerField(help_text="Every second of a person once.")
    peak = serializers.IntegerField(help_text="Most distinct persons within one minute.")
    peak_at = serializers.DateTimeField(allow_null=True, help_text="The first such minute.")


class NamedWatchedOut(WatchedOut):
    id = serializers.UUIDField()
    name = serializers.CharField()


class NamedViewsOut(ViewsOut):
    id = serializers.UUIDField()
    name = serializers.CharField()


class WatchTableOut(serializers.Serializer[Any]):
    """One kind of watching; kinds are never added up."""

    kind = serializers.ChoiceField(
        choices=WatchKind.choices,
        help_text="media: the picture here; room: this page while the picture is elsewhere; "
        "rerun: the replay.",
    )
    net = WatchedOut()
    gross = WatchedOut()
    by_session = NamedWatchedOut(many=True)
    by_channel = NamedViewsOut(many=True)


class StatisticsOut(serializers.Serializer[Any]):
    """Net of staff, rehearsals and blocked accounts, but for ``gross``."""

    fair = serializers.CharField()
    as_of = serializers.DateTimeField()
    headline = serializers.CharField()
    net = CountOut(many=True)
    gross = CountOut(many=True)
    ended = EndedOut()
    by = DimensionsOut()
    supply = SupplyOut()
    talk = TalkOut()
    talk_by_session = SessionTalkOut(many=True)
    watched = WatchTableOut(many=True)


class StatisticsView(APIView):
    """The figures at any moment of the past."""

    @extend_schema(
        operation_id="fair_statistics",
        parameters=[
            OpenApiParameter("as_of", OpenApiTypes.DATETIME, description="now when absent")
        ],
        responses=StatisticsOut,
    )
    def get(self, request: Request, slug: str) -> Response:
        user = actor_from(request).require_user()
        fair = Fair.objects.visible_to(user).filter(slug=slug).first()
        if fair is None:
            raise NotFound
        require_role(user, fair, *READERS)
        as_of = read_as_of(request.query_params.get("as_of", ""))
        report = report_of(fair, fair_statistics(fair, as_of))
        return Response(StatisticsOut(_shown(report)).data)


def _shown(report: Report) -> dict[str, Any]:
    figures = report.statistics
    return {
        "fair": report.fair.slug,
        "as_of": figures.as_of,
        "headline": report.headline,
        "net": _counts([net for _name, net, _gross in report.funnel]),
        "gross": _counts([gross for _name, _net, gross in report.funnel]),
        "ended": figures.ended,
        "by": {
            table.name: [
                {"id": row.key, "name": row.label, "levels": _counts(list(row.cells))}
                for row in table.rows
            ]
            for table in report.tables
        },
        "supply": figures.supply,
        "talk": figures.talk,
        "talk_by_session": [
            {"id": session, **{name: getattr(talk, name) for name in talk.__slots__}}
            for session, talk in figures.talk_by_session.items()
        ],
        "watched": [
            {
                "kind": table.kind,
                "net": _watched(table.net),
                "gross": _watched(table.gross),
                "by_session": [_named(row, _watched(row)) for row in table.sessions],
                "by_channel": [_named(row, asdict(row.views)) for row in table.channels],
            }
            for table in report.watching
        ],
    }


def _watched(row: WatchRow) -> dict[str, Any]:
    return {
        **asdict(row.views),
        "watched_s": row.watched.watched_ms // 1000,
        "peak": row.watched.peak,
        "peak_at": row.peak_at,
    }


def _named(row: WatchRow, figures: dict[str, Any]) -> dict[str, Any]:
    return {"id": row.key, "name": row.label, **figures}


def _counts(cells: list[Cell]) -> list[dict[str, int | None]]:
    return [
        {"level": level, "persons": cell.persons, "intents": cell.rows}
        for level, cell in zip(LEVELS, cells, strict=True)
    ]
