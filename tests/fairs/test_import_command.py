from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from employers.models import Vacancy
from tests.factories import FairFactory

pytestmark = pytest.mark.django_db

LIST = "职位名称,公司名称,薪资,备注\n焊工,永兴厂,面议,x\n车工,永兴厂,很高,\n"


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(LIST, encoding="gb18030")
    return path


def test_a_summary_and_every_rejected_row(path, capsys):
    FairFactory(slug="spring")
    call_command("import_vacancies", str(path), "--fair", "spring")
    out = capsys.readouterr().out
    assert "3" in out
    assert "车工" in out
    assert "薪资" in out
    assert "备注" in out
    assert Vacancy.objects.count() == 1


def test_a_trial_run(path, capsys):
    FairFactory(slug="spring")
    call_command("import_vacancies", str(path), "--fair", "spring", "--dry-run")
    assert capsys.readouterr().out
    assert not Vacancy.objects.exists()


def test_progress_shows_when_it_takes_long(path, capsys, monkeypatch):
    FairFactory(slug="spring")
    monkeypatch.setattr("fairs.management.commands.import_vacancies.PATIENCE", 0)
    call_command("import_vacancies", str(path), "--fair", "spring")
    assert "2" in capsys.readouterr().err


def test_no_such_fair_names_those_there_are(path):
    FairFactory(slug="spring")
    with pytest.raises(CommandError, match="spring"):
        call_command("import_vacancies", str(path), "--fair", "autumn")


def test_a_file_error_is_one_line(tmp_path):
    FairFactory(slug="spring")
    with pytest.raises(CommandError, match=r"absent\.csv"):
        call_command("import_vacancies", str(tmp_path / "absent.csv"), "--fair", "spring")
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"PK\x03\x04")
    with pytest.raises(CommandError, match=r"broken\.xlsx"):
        call_command("import_vacancies", str(broken), "--fair", "spring")
