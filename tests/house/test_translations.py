"""The Chinese catalogue is complete and fresh, and its tool does what its text says."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.scripts import messages

ROOT = Path(__file__).resolve().parents[2]


def test_catalogue_is_complete_and_fresh() -> None:
    result = subprocess.run(
        [sys.executable, "scripts/messages.py", "check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project of its own for the tool."""
    (tmp_path / "core").mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / "core" / "words.py").write_text(
        "from django.utils.translation import gettext as _, ngettext, pgettext\n"
        'a = _("Hello %(name)s")\n'
        'b = pgettext("verb", "Open")\n'
        'c = ngettext("%(n)s job", "%(n)s jobs", 2)\n'
    )
    (tmp_path / "templates" / "a.html").write_text(
        "<p>\n      {% translate 'In a page' %}\n  {# note #}{{ _('A constant') }}\n"
        "{% blocktranslate trimmed count n=n %}\n one {{ n }} thing\n{% plural %}\n"
        " {{ n }} things\n{% endblocktranslate %}</p>\n"
    )
    catalogue = tmp_path / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    monkeypatch.setattr(messages, "CATALOGUE", catalogue)
    monkeypatch.setattr(messages, "LOCK", tmp_path / "lock")
    return tmp_path


def add(pairs: object) -> int:
    return messages.add(io.StringIO(json.dumps(pairs)))


ALL = {
    "Hello %(name)s": "你好，%(name)s",
    "verb|Open": "打开",
    "%(n)s job": ["%(n)s 个岗位"],
    "In a page": "在页面里",
    "A constant": "常量",
    "one %(n)s thing": ["%(n)s 件"],
}


def test_extracts_python_and_templates(sources: Path) -> None:
    found = messages.extract()
    assert {key for key, message in found.items() if message.plural} == {
        ("", "%(n)s job"),
        ("", "one %(n)s thing"),
    }
    assert ("verb", "Open") in found
    assert found["", "In a page"].paths == {"templates/a.html"}


def test_add_completes_the_catalogue(sources: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert messages.check([]) == 1
    assert add(ALL) == 0
    assert messages.check([]) == 0
    assert messages.CATALOGUE.with_suffix(".mo").exists()


def test_add_twice_changes_nothing(sources: Path) -> None:
    add(ALL)
    before = messages.CATALOGUE.read_bytes()
    add(ALL)
    messages.update(prune=True)
    assert messages.CATALOGUE.read_bytes() == before


@pytest.mark.parametrize("text", ["你好", "你好，%(nmae)s", "", 5, "你好，%(name)s\n"])
def test_add_refuses_what_would_break_the_page(sources: Path, text: object) -> None:
    assert add({"Hello %(name)s": text}) == 1


def test_update_parks_and_revives_what_sources_drop(sources: Path) -> None:
    add(ALL)
    page = sources / "templates" / "a.html"
    kept = page.read_text()
    page.write_text("")
    messages.update(prune=False)
    assert messages.check([]) == 1  # parked entries are stale
    page.write_text(kept)
    messages.update(prune=False)
    assert messages.check([]) == 0


def test_update_drops_dead_ones_when_asked(sources: Path) -> None:
    add({**ALL, "Nobody says this": "无人"})
    assert messages.check([]) == 1
    messages.update(prune=True)
    assert "Nobody" not in messages.CATALOGUE.read_text()
    assert messages.check([]) == 0


def test_unreadable_source_changes_nothing(sources: Path) -> None:
    add(ALL)
    before = messages.CATALOGUE.read_bytes()
    (sources / "core" / "words.py").write_text("a = _('''never closed")
    assert messages.main(["update", "--prune"]) == 2
    assert messages.CATALOGUE.read_bytes() == before
