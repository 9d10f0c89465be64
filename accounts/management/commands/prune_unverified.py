"""``manage.py prune_unverified``: forget numbers that only ever asked for a code."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from accounts.services import prune_unverified


class Command(BaseCommand):
    help = "Remove accounts older than a day that never signed in. Run it daily."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{prune_unverified()} removed")
