"""Log lines: for people, or one JSON object each; never with a whole phone number."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime

#: A Chinese mobile number, however it is grouped, with or without its country code.
_MOBILE = re.compile(r"(?<!\d)((?:\+?86)?[ -]?1\d{2})[ -]?\d{4}[ -]?(\d{2})\d{2}(?!\d)")


def without_phones(text: str) -> str:
    """The text with mobile numbers cut to their beginning and two digits."""
    return _MOBILE.sub(r"\1******\2", text)


class LineFormatter(logging.Formatter):
    """``2026-12-03 14:00:00,123 INFO name text``, a traceback below."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as text."""
        return without_phones(super().format(record))


class JsonFormatter(logging.Formatter):
    """One object per line: at, level, logger, process, message and, after an error, traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        content = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "process": record.process,
            "message": without_phones(record.getMessage()),
        }
        if record.exc_info:
            content["traceback"] = without_phones(self.formatException(record.exc_info))
        return json.dumps(content, ensure_ascii=False)
