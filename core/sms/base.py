"""What a way of sending text messages has to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Backend(Protocol):
    """Hands one message to whoever delivers it; raises an error of ``core.sms.errors`` if not.

    Chinese providers send reviewed templates, so a backend gets the template's name and its
    parameters beside the finished text.
    """

    def send(self, phone: str, template: str, params: Mapping[str, object], text: str) -> None: ...
