"""Counts a fair again, row by row, and compares with what the pages show."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.moments import read_moment
from fairs.models import Fair
from insights.fold import fold
from insights.raw import read_logs
from insights.selectors import fair_statistics


class Command(BaseCommand):
    """Recount a fair's statistics from its logs; exit 1 and list every figure that differs."""

    help = "Recount a fair's statistics from its logs and report any difference."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--fair", required=True, help="the fair's address (slug)")
        parser.add_argument(
            "--as-of", help="a moment such as 2026-12-03T18:00:00+08:00; now if absent"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        fair = Fair.objects.filter(slug=options["fair"]).first()
        if fair is None:
            raise CommandError(f"There is no fair {options['fair']!r}.")
        as_of = self._moment(options["as_of"])
        shown = fair_statistics(fair, as_of)
        counted = fold(read_logs(fair), shown.as_of).flat()
        figures = shown.flat()
        differ = sorted(
            name
            for name in figures.keys() | counted.keys()
            if figures.get(name) != counted.get(name)
        )
        for name in differ:
            self.stdout.write(f"{name}: shown {figures.get(name)}, counted {counted.get(name)}")
        if differ:
            raise CommandError(f"{len(differ)} of {len(figures)} figures differ.", returncode=1)
        when = timezone.localtime(shown.as_of).isoformat(timespec="seconds")
        self.stdout.write(f"{fair.slug} as of {when}: {len(figures)} figures, 0 differences.")

    def _moment(self, text: str | None) -> datetime | None:
        if text is None:
            return None
        moment = read_moment(text, local=True)
        if moment is None:
            raise CommandError("--as-of: give a moment such as 2026-12-03T18:00:00+08:00.")
        return moment
