"""Settings fail loudly, and those of a production pass Django's deployment checks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "SECRET_KEY": "k8Zq-7hYw2-Lr5t_Vn0xPd4Sg6Jm9Bc1Fa3Ue-Xy8Oi7Tz2Ql5",
    "ALLOWED_HOSTS": "fair.example.org",
    "DATABASE_URL": "sqlite://:memory:",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "SMS_BACKEND": "aliyun",
    "SMS_KEY_ID": "LTAI",
    "SMS_KEY_SECRET": "secret",
    "SMS_SIGN_NAME": "云聘会",
    "SMS_TEMPLATES": "code=SMS_1:code invitation=SMS_2:by matched=SMS_3:employer,vacancy "
    "declined=- interview=- answered=-",
}


def check(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """``manage.py check`` in an environment of its own."""
    inherited = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", "check", *arguments],
        cwd=ROOT,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_passes_the_deployment_checks(tmp_path: Path) -> None:
    result = check("--deploy", "--fail-level", "WARNING", VAR_DIR=str(tmp_path), **PRODUCTION)
    found = set(re.findall(r"\((\w+\.[A-Z]\d+)\)", result.stderr))
    assert (found, result.returncode) == (set(), 0), result.stderr


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"SECRET_KEY": None}, "SECRET_KEY"),
        ({"SMS_BACKEND": "console"}, "SMS_BACKEND"),
        ({"SMS_BACKEND": "pigeon"}, "SMS_BACKEND"),
        ({"SMS_TEMPLATES": "code=SMS_1:code matched:SMS_3"}, "matched:SMS_3"),
        ({"DATABASE_CONN_MAX_AGE": "long", "DATABASE_URL": "postgres://a@b/c"}, "long"),
    ],
)
def test_wrong_settings_stop_the_start(changed: dict[str, str | None], word: str) -> None:
    environment = {key: value for key, value in {**PRODUCTION, **changed}.items() if value}
    result = check(**environment)
    assert result.returncode != 0
    assert word in result.stderr
