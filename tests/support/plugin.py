"""pytest plugin: the environment of a test run, and its second pass on PostgreSQL and Redis.

Loaded with ``-p`` before Django's settings are read. ``TEST_DATABASE=postgres`` runs the selected
tests on a private PostgreSQL and Redis. ``--both-databases`` runs the session as asked (SQLite)
and then the tests marked ``both_databases`` again on PostgreSQL, reporting both as one session.
Compiled modules are kept even where PYTHONDONTWRITEBYTECODE asks not to: a run starts dozens of
processes, and half the time of each would go into compiling the same files.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.support.services import Postgres, Redis, Service, ServiceMissing

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

REPORTS = pytest.StashKey[Path]()
SECOND_PASS = "TEST_SECOND_PASS_REPORTS"
services: list[Service] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--both-databases",
        action="store_true",
        help="afterwards run the tests marked both_databases on PostgreSQL and Redis as well",
    )


def prepare_environment() -> None:
    """Settings of this process: a directory of its own, and servers if asked for."""
    directory = tempfile.mkdtemp(prefix="jobfair-test-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    os.environ.update(TESTING="1", VAR_DIR=directory)
    (Path(directory) / "static").mkdir()  # whitenoise warns about a missing one
    for name in ("DEMO", "DEBUG", "HTTPS"):
        os.environ.pop(name, None)
    if os.environ.get("TEST_DATABASE", "sqlite") != "postgres":
        os.environ["DATABASE_URL"] = f"sqlite:///{directory}/jobfair.sqlite3"
        os.environ.pop("REDIS_URL", None)
        return
    if "PYTEST_XDIST_WORKER" not in os.environ:  # workers inherit the one PostgreSQL
        postgres = Postgres()
        services.append(postgres)
        os.environ["DATABASE_URL"] = postgres.url
    redis = Redis()  # one each: channel names must not meet across workers
    services.append(redis)
    os.environ["REDIS_URL"] = redis.url


def end_services() -> None:
    while services:
        services.pop().stop()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests() -> Generator[None, None, None]:
    """Before pytest-django reads the settings."""
    atexit.register(end_services)
    try:
        prepare_environment()
    except ServiceMissing as missing:
        raise pytest.UsageError(str(missing)) from None
    return (yield)


def pytest_unconfigure() -> None:
    end_services()


def is_controller(config: pytest.Config) -> bool:
    return not hasattr(config, "workerinput")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Coverage is for what runs in this process; tracing a browser's client only slows it down."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker("no_cover")


# --- the second pass ------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    result = yield
    config = session.config
    if is_controller(config) and config.getoption("--both-databases") and not session.shouldstop:
        run_second_pass(session)
    return result


def marked_files(config: pytest.Config) -> list[str]:
    """The given arguments with each directory replaced by its files that name the mark."""
    found: list[str] = []
    for argument in config.args:
        place = config.invocation_params.dir / argument
        if place.is_dir():
            files = sorted(place.rglob("test_*.py"))
            found += [str(file) for file in files if "both_databases" in file.read_text()]
        else:
            found.append(argument)
    return found or config.args


def second_pass_command(config: pytest.Config) -> list[str]:
    """The same selection, narrowed to the files with marked tests and to these."""
    marked = "both_databases"
    if config.option.markexpr:
        marked = f"({config.option.markexpr}) and both_databases"
    command = [sys.executable, "-m", "pytest", "-q", "-m", marked, *marked_files(config)]
    workers = getattr(config.option, "numprocesses", None)
    if workers:
        command += ["-n", str(workers)]
    if config.option.keyword:
        command += ["-k", config.option.keyword]
    sources = getattr(config.option, "cov_source", None) or []
    if sources:
        command += ["--cov", "--cov-report="]
    return command


def run_second_pass(session: pytest.Session) -> None:
    """Run the child session and count its reports as ours."""
    config = session.config
    with tempfile.TemporaryDirectory() as directory:
        reports = Path(directory) / "reports.jsonl"
        environment = {**os.environ, "TEST_DATABASE": "postgres", SECOND_PASS: str(reports)}
        for name in ("VAR_DIR", "DATABASE_URL", "REDIS_URL", "PYTEST_ADDOPTS"):
            environment.pop(name, None)
        # Found and merged by the coverage of this session when it combines its workers' files.
        environment["COVERAGE_FILE"] = str(config.rootpath / ".coverage.postgres")
        child = subprocess.run(
            second_pass_command(config),
            cwd=config.rootpath,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        lines = reports.read_text().splitlines() if reports.exists() else []
    replay(session, lines)
    if child.returncode not in (0, 1, 5):
        broken = f"the pass on PostgreSQL broke (exit {child.returncode}):\n{child.stdout}"
        report = pytest.CollectReport("the pass on PostgreSQL", "failed", broken, [])
        config.hook.pytest_collectreport(report=report)


def replay(session: pytest.Session, lines: list[str]) -> None:
    hook = session.config.hook
    rows = [json.loads(line) for line in lines]
    session.testscollected += len({row.get("nodeid") for row in rows})
    for data in rows:
        report = hook.pytest_report_from_serializable(config=session.config, data=data)
        report.nodeid += " @postgres"
        if isinstance(report, pytest.CollectReport):
            hook.pytest_collectreport(report=report)
        else:
            hook.pytest_runtest_logreport(report=report)


def keep_report(config: pytest.Config, report: pytest.CollectReport | pytest.TestReport) -> None:
    path = config.stash.get(REPORTS, None)
    if path is not None:
        data = config.hook.pytest_report_to_serializable(config=config, report=report)
        data.pop("node", None)  # xdist's handle of the worker
        with path.open("a") as stream:
            stream.write(json.dumps(data) + "\n")


class Reporter:
    """In the child: writes every report where the parent reads it."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        keep_report(self.config, report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            keep_report(self.config, report)


def pytest_configure(config: pytest.Config) -> None:
    path = os.environ.get(SECOND_PASS)
    if path and is_controller(config):
        config.stash[REPORTS] = Path(path)
        config.pluginmanager.register(Reporter(config))
