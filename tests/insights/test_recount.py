"""The figures on the pages equal a recount from the logs, at every moment."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from insights.fold import fold
from insights.raw import read_logs
from insights.selectors import fair_statistics
from intents.models import IntentEvent
from tests.factories import FairFactory
from tests.insights.histories import HOURS, T0, History

POSTGRES = os.environ.get("TEST_DATABASE") == "postgres"
pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]


@settings(
    max_examples=10 if POSTGRES else 25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    seed=st.integers(0, 2**32),
    minutes=st.lists(st.integers(-1, HOURS * 60 + 600), min_size=1, max_size=3),
)
def test_sql_and_fold_agree(seed, minutes):
    fair = History(seed).fair
    logs = read_logs(fair)
    for minute in minutes:
        as_of = T0 + timedelta(minutes=minute)
        shown, counted = fair_statistics(fair, as_of), fold(logs, as_of)
        assert shown.flat() == counted.flat()
        assert shown == counted


@pytest.mark.parametrize("seed", range(5))
def test_what_the_figures_promise(seed):
    history = History(seed, size=20)
    for hours in (0, 24, 48, HOURS):
        shown = fair_statistics(history.fair, T0 + timedelta(hours=hours))
        for counts in (shown.gross, shown.net):
            pairs = [(count.persons, count.rows) for count in counts]
            assert pairs == sorted(pairs, reverse=True)
            assert all(persons <= rows for persons, rows in pairs)
        for gross, net in zip(shown.gross, shown.net, strict=True):
            assert net.rows <= gross.rows
        for name in ("employer", "vacancy"):
            total = sum(line.levels[0].rows for line in shown.lines[name])
            assert total == shown.net[0].rows


class TestCommand:
    def test_no_difference(self, capsys):
        fair = History(7).fair
        call_command("recount_statistics", fair=fair.slug)
        call_command("recount_statistics", fair=fair.slug, as_of="2026-03-02T12:00")
        assert capsys.readouterr().out.count("0 differences") == 2

    def test_a_difference_is_named(self, monkeypatch, capsys):
        fair = History(3, size=30).fair
        assert IntentEvent.objects.filter(fair=fair).exists()
        monkeypatch.setattr(
            "insights.management.commands.recount_statistics.read_logs",
            lambda fair: read_logs(FairFactory()),
        )
        with pytest.raises(CommandError) as refusal:
            call_command("recount_statistics", fair=fair.slug)
        assert refusal.value.returncode == 1
        assert "gross.L1.rows: shown" in capsys.readouterr().out

    @pytest.mark.parametrize(
        "options", [{"fair": "none"}, {"as_of": "soon"}, {"as_of": "2026-13-01"}]
    )
    def test_wrong_input(self, options):
        with pytest.raises(CommandError):
            call_command("recount_statistics", **{"fair": FairFactory().slug, **options})
