"""The API's contract: one snapshot in the repository, and it says what the code does."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.core.management import call_command
from django.test import Client

from tests.permissions.rows import patterns

SNAPSHOT = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"


def test_the_snapshot_is_the_schema() -> None:
    out = StringIO()
    call_command("spectacular", lang="en", validate=True, fail_on_warn=True, stdout=out)
    assert out.getvalue() == SNAPSHOT.read_text(encoding="utf-8"), (
        "The API changed: look at the difference and run `make openapi`."
    )


def test_it_describes_every_address() -> None:
    described = yaml.safe_load(SNAPSHOT.read_text(encoding="utf-8"))["paths"]
    ours = [path for path in patterns() if path.startswith("api/") and path != "api/v1/schema/"]
    assert len(described) == len(ours)


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_it_is_served_to_everybody_alike(client: Client, language: str) -> None:
    for query in ("", "?lang=zh-hans", "?lang=../x"):
        answer = client.get(f"/api/v1/schema/{query}", headers={"Accept-Language": language})
        assert yaml.safe_load(answer.content) == yaml.safe_load(
            SNAPSHOT.read_text(encoding="utf-8")
        )
