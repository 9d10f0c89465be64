"""The API's contract: one snapshot in the repository, and it says what the code does."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

from django.core.management import call_command

SNAPSHOT = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"


def test_the_snapshot_is_the_schema() -> None:
    out = StringIO()
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=out)
    assert out.getvalue() == SNAPSHOT.read_text(encoding="utf-8"), (
        "The API changed: look at the difference and run `make openapi`."
    )
