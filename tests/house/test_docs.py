"""What the documents promise exists, and what exists is documented."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from tests.support.scripts import house

ROOT = Path(__file__).resolve().parents[2]
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
OUR_APPS = {
    "jobfair", "integrations", "insights", "intents", "livestream",
    "fairs", "employers", "seekers", "accounts", "jobs", "core",
}  # fmt: skip


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def settings_read() -> set[str]:
    """Names of all environment variables the settings read."""
    return set(re.findall(r"""\benv(?:\.\w+)?\(\s*["'](\w+)["']""", read("jobfair/settings.py")))


def settings_documented() -> set[str]:
    return set(re.findall(r"^\| `([A-Z_]+)` \|", read("docs/settings.md"), re.MULTILINE))


def test_every_setting_is_documented_and_no_other() -> None:
    assert settings_documented() == settings_read()


def test_environment_is_read_by_the_settings_alone() -> None:
    strange = [
        path.relative_to(ROOT).as_posix()
        for path in house.tracked_files(".py")
        if path.relative_to(ROOT).parts[0] in OUR_APPS
        and re.search(r"os\.(?:environ\[|environ\.get|getenv)", path.read_text(encoding="utf-8"))
    ]
    # The demo command answers to the words of `make demo`.
    assert [name for name in strange if "demo" not in name] == []


def test_every_command_is_documented() -> None:
    ours = {name for name, app in get_commands().items() if app in OUR_APPS}
    text = read("docs/commands.md")
    assert {name for name in ours if f"| `{name}" not in text} == set()


def test_every_documented_command_exists() -> None:
    section = read("docs/commands.md").partition("## Management commands")[2]
    named = set(re.findall(r"^\| `(\w+)", section, re.MULTILINE))
    assert named - set(get_commands()) == set()


def test_every_make_target_is_documented() -> None:
    targets = set(re.findall(r"^([a-z]+):.*##", read("Makefile"), re.MULTILINE))
    text = read("docs/commands.md")
    assert {name for name in targets if f"`make {name}`" not in text} == set()


def test_documents_name_only_real_make_targets() -> None:
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))
    for path in DOCS:
        named = set(re.findall(r"`make ([a-z]+)", path.read_text(encoding="utf-8")))
        assert named <= targets, path.name


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text(encoding="utf-8"))
    broken = [
        link
        for link in links
        if not link.startswith(("http:", "https:", "mailto:")) and not (path.parent / link).exists()
    ]
    assert not broken


def test_no_file_mentions_the_machine_it_was_written_on() -> None:
    private = re.compile(r"/(?:work|root|home)/\w")
    for path in house.tracked_files(".py", ".md", ".html", ".js", ".css", ".toml"):
        if path.name == Path(__file__).name:
            continue
        assert not private.search(path.read_text(encoding="utf-8")), path
