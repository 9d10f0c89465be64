"""Log lines carry no whole phone number, in whichever form they are written."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from core.logs import JsonFormatter, LineFormatter


def record() -> logging.LogRecord:
    try:
        raise ValueError("cannot reach +8613900001234")
    except ValueError:
        error = sys.exc_info()
    return logging.LogRecord(
        "jobs", logging.ERROR, "x.py", 1, "短信 %s 失败", ("138 0013 8000",), error
    )


@pytest.mark.parametrize("formatter", [LineFormatter(), JsonFormatter()], ids=["line", "json"])
def test_no_whole_phone_number(formatter: logging.Formatter) -> None:
    text = formatter.format(record())
    assert "138******80" in text
    assert "+86139******12" in text
    assert "8000" not in text
    assert "001234" not in text


def test_json_is_one_object_on_one_line() -> None:
    text = JsonFormatter().format(record())
    assert "\n" not in text
    content = json.loads(text)
    assert content["message"] == "短信 138******80 失败"
    assert {"at", "level", "logger", "process", "traceback"} <= set(content)


def test_other_numbers_stay() -> None:
    plain = logging.LogRecord(
        "x", logging.INFO, "x.py", 1, "1234567890123456 took 12345678901234 ns", (), None
    )
    assert LineFormatter().format(plain) == "1234567890123456 took 12345678901234 ns"
