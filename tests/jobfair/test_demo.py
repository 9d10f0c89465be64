"""``manage.py demo``: clear refusals, one fair, kept over starts."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509

from employers.enums import VacancyStatus
from employers.models import Employer, Vacancy
from fairs.models import Fair
from intents.models import Intent
from jobfair.demo import certificate, people
from jobfair.demo.seed import SLUG, seed
from jobfair.demo.workbook import FIRMS, rows, write
from livestream.models import RoomEvent, Session

ROOT = Path(__file__).resolve().parents[2]


def demo(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command with its own folder; it must end by itself."""
    return subprocess.run(
        [sys.executable, "manage.py", "demo"],
        cwd=ROOT,
        env={**os.environ, "VAR_DIR": str(tmp_path), "TESTING": "0", "DEMO": "1", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = demo(tmp_path, PORT=str(port))
    assert ended.returncode != 0
    assert f"Port {port}" in ended.stderr
    assert f"PORT={port + 1}" in ended.stderr
    assert "Traceback" not in ended.stderr + ended.stdout


@pytest.mark.parametrize("port", ["http", "0", "70000"])
def test_a_wrong_port_is_one_clear_line(tmp_path: Path, port: str) -> None:
    ended = demo(tmp_path, PORT=port)
    assert ended.returncode != 0
    assert "no port number" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.django_db(transaction=True)
def test_the_seed_is_whole_and_made_once() -> None:
    fair = seed(lambda part: None)
    assert fair.slug == SLUG
    assert Employer.objects.count() == len(FIRMS)
    assert Vacancy.objects.count() == len(rows())
    assert Vacancy.objects.filter(status=VacancyStatus.OPEN).count() > 100
    assert Session.objects.filter(status="live").count() == 2
    assert Intent.objects.filter(level=2).exists()
    # What is asked and applied for reaches an employer one can sign in as, in the session to go live
    # with, too; its text is true before, during and after.
    later = Session.objects.get(video_source="hosted")
    shown = Vacancy.objects.filter(run_sheet_items__session=later)
    assert shown.filter(employer__members__person__phone=people.RECRUITER.phone).exists()
    assert "还没" not in later.intro
    before = (RoomEvent.objects.count(), Intent.objects.count(), Fair.objects.count())
    assert seed(lambda part: None) == fair
    assert (RoomEvent.objects.count(), Intent.objects.count(), Fair.objects.count()) == before


def test_the_workbook_in_the_repository_is_the_one_written_here(tmp_path: Path) -> None:
    from openpyxl import load_workbook

    fresh = tmp_path / "fresh.xlsx"
    write(fresh)
    written = list(load_workbook(fresh).active.iter_rows(values_only=True))
    kept = ROOT / "jobfair" / "demo" / "vacancies.xlsx"
    assert list(load_workbook(kept).active.iter_rows(values_only=True)) == written


def test_the_certificate_is_made_once_and_names_the_host(tmp_path: Path) -> None:
    key, cert = certificate.ensure(tmp_path / "tls", "192.0.2.7")
    assert key.stat().st_mode & 0o077 == 0
    names = x509.load_pem_x509_certificate(cert.read_bytes()).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    assert "192.0.2.7" in [str(ip) for ip in names.value.get_values_for_type(x509.IPAddress)]
    first = cert.read_bytes()
    assert certificate.ensure(tmp_path / "tls", "192.0.2.7")[1].read_bytes() == first
