"""An installation for real people: what its settings promise and what Django's check finds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from django.test import Client

from accounts import devices
from tests.factories import UserFactory
from tests.support.accounts import sign_in_by_sms
from tests.support.live import ROOT, SmsInbox

SECRET = "wB7nQ0sLk5k9G-vR2_zq7LwX4mTn8sYb1cHd6fJp3aEu5oQiZxWtVyCrNg"
ENVIRONMENT = {
    "SECRET_KEY": SECRET,
    "ALLOWED_HOSTS": "fair.example",
    "DATABASE_URL": "postgres://jobfair@localhost/jobfair",
    "REDIS_URL": "redis://localhost:6379/0",
    "SITE_URL": "https://fair.example",
    "BEHIND_PROXY": "1",
    "SMS_BACKEND": "aliyun",
    "SMS_KEY_ID": "LTAI",
    "SMS_KEY_SECRET": "secret",
    "SMS_SIGN_NAME": "云聘会",
    "SMS_TEMPLATES": "code=SMS_1:code invitation=SMS_2:by matched=SMS_3:employer,vacancy "
    "declined=- interview=- answered=-",
}
ASKED = (
    "DEBUG", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "SECURE_HSTS_INCLUDE_SUBDOMAINS",
    "SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE",
    "CSRF_COOKIE_SECURE", "CSRF_COOKIE_SAMESITE", "X_FRAME_OPTIONS", "SECURE_CONTENT_TYPE_NOSNIFF",
)  # fmt: skip


def manage(*arguments: str, var_dir: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a production server would, with nothing of the test run's settings."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**kept, **ENVIRONMENT, "VAR_DIR": str(var_dir), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_deploy_check_has_nothing_to_say(tmp_path: Path) -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING", var_dir=tmp_path)
    issues = [
        line for line in done.stderr.splitlines() if line.startswith(("?:", "accounts", "jobfair"))
    ]
    assert issues == [], done.stderr


@pytest.mark.parametrize(
    "environment",
    [
        {"SECRET_KEY": ""},
        {"SMS_BACKEND": "console"},
        {"SMS_BACKEND": "nothing-known"},
        {"FRAME_ORIGINS": "https://*.example.org"},
        {"MEDIA_ORIGINS": "https:"},
    ],
    ids=str,
)
def test_what_must_not_be_is_refused_in_one_line(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    done = manage("check", var_dir=tmp_path, **environment)
    assert done.returncode != 0
    assert "ImproperlyConfigured" in done.stderr.splitlines()[-1]


@cache
def settings_of(var_dir: Path) -> dict[str, object]:
    code = f"import json; from django.conf import settings as s; print(json.dumps({{n: getattr(s, n) for n in {ASKED!r}}}))"
    done = manage("shell", "--no-imports", "-c", code, var_dir=var_dir)
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_cookies_and_transport(tmp_path: Path) -> None:
    assert settings_of(tmp_path) == {
        "DEBUG": False,
        "SECURE_SSL_REDIRECT": True,
        "SECURE_HSTS_SECONDS": 31_536_000,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "CSRF_COOKIE_SECURE": True,
        "CSRF_COOKIE_SAMESITE": "Lax",
        "X_FRAME_OPTIONS": "DENY",
        "SECURE_CONTENT_TYPE_NOSNIFF": True,
    }


@pytest.mark.django_db
@pytest.mark.parametrize("secure", [True, False])
def test_flags_of_the_cookies_people_get(
    client: Client, sms: SmsInbox, settings: object, secure: bool
) -> None:
    for name in ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE"):
        setattr(settings, name, secure)
    sign_in_by_sms(client, sms, UserFactory().phone)
    client.get("/me/account/")
    assert set(client.cookies) >= {"sessionid", "csrftoken", devices.COOKIE}
    for name, cookie in client.cookies.items():
        if not cookie.value:
            continue  # taken back
        assert bool(cookie["secure"]) == secure or name == "messages", name
        assert cookie["samesite"] == "Lax", name
        assert cookie["httponly"] or name == "csrftoken", name


@pytest.mark.django_db
def test_only_our_own_names_are_answered(client: Client, settings: object) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]  # type: ignore[attr-defined]
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400
    assert client.get("/", headers={"X-Forwarded-Host": "evil.example"}).status_code == 200
