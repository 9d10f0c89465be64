"""Make the looping test channel of this installation."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from livestream.media import testchannel


class Command(BaseCommand):
    """Draw and encode one minute of video; does nothing when it is already there."""

    help = "Make the looping test channel (about five seconds, once)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--force", action="store_true", help="make it anew")

    def handle(self, *args: Any, force: bool, **options: Any) -> None:
        if testchannel.load() is not None and not force:
            self.stdout.write("Test channel: present.")
            return
        try:
            channel = testchannel.make(force=force, progress=self._progress)
        except testchannel.ChannelError as error:
            raise CommandError(f"The test channel could not be made: {error}") from error
        self.stdout.write(f"\rTest channel: made in {channel.folder}.")

    def _progress(self, done: int, total: int) -> None:
        if self.stdout.isatty():
            self.stdout.write(f"\rTest channel: {100 * done // total} %", ending="")
            self.stdout.flush()
