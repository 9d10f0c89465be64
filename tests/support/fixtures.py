"""Fixtures every part of the suite shares; tests/conftest.py imports them."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.browser import Contexts, Watch, launch, running
from tests.support.live import (
    LiveApp,
    SmsInbox,
    made_channel,
    migrated_database,
    migrated_postgres,
    seeded_template,
)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
) -> None:
    """SQLite tests use a file, as the application does; in memory, threads would share a lock."""
    from django.conf import settings

    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        database.setdefault("TEST", {})["NAME"] = str(Path(settings.VAR_DIR) / "test.sqlite3")


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_modify_db_settings: None, shared_directory: Path) -> bool:
    """Tests start from a copy of a database that was migrated once for all workers."""
    from django.conf import settings

    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        shutil.copy(migrated_database(shared_directory), database["TEST"]["NAME"])
    else:
        from django.db import connection

        there = connection.settings_dict
        name = there["TEST"]["NAME"] or f"test_{there['NAME']}"
        migrated_postgres(shared_directory, name)
    return True


@pytest.fixture(autouse=True)
def empty_cache() -> Iterator[None]:
    """Rate limits, word lists and cached values of one test never reach the next."""
    from django.core.cache import cache

    from core import buckets
    from livestream import screening

    yield
    cache.clear()
    buckets.forget()
    screening.forget()


@pytest.fixture(autouse=True)
def own_language() -> None:
    """A request leaves its language active in its thread; the next test begins with the site's."""
    from django.utils import timezone, translation

    translation.deactivate()
    timezone.deactivate()


@pytest.fixture(autouse=True)
def no_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A room in this process logs no minute totals: a test that runs at xx:xx:59 counts entries."""
    from livestream.realtime.hub import Hub

    async def never(hub: Hub) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Hub, "_note_minutes_for_ever", never)


@pytest.fixture
def sms(settings: Any) -> SmsInbox:
    """The SMS sent by code under test in this process."""
    inbox = SmsInbox(Path(settings.SMS_LOG))
    inbox.clear()
    return inbox


@pytest.fixture
def query_count() -> Callable[[], AbstractContextManager[Any]]:
    """``with query_count() as queries: …`` then ``len(queries)``."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    return lambda: CaptureQueriesContext(connection)


# --- the running application ----------------------------------------------------------------


@pytest.fixture(scope="session")
def shared_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of this run, the same one for all workers."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def channel_dir(shared_directory: Path) -> Path:
    """A VAR_DIR with the test channel in it."""
    return made_channel(shared_directory)


@pytest.fixture(scope="session")
def live_template(shared_directory: Path) -> Path:
    """The seeded data every live server starts from, made once for all workers."""
    return seeded_template(shared_directory)


@pytest.fixture(scope="session")
def live_app(live_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveApp]:
    """A running server the tests of this worker share; make your own rows, assume no counts."""
    app = LiveApp(live_template, tmp_path_factory.mktemp("live") / "var")
    yield app
    app.close()


@pytest.fixture
def fresh_live_app(live_template: Path, tmp_path: Path) -> Iterator[LiveApp]:
    """A running server of this test alone; may be killed and restarted."""
    app = LiveApp(live_template, tmp_path / "var")
    yield app
    app.close()


# --- the browser ----------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser_and_loop() -> Iterator[tuple[Browser, asyncio.AbstractEventLoop]]:
    manager = sync_playwright()
    playwright = manager.start()
    loop = asyncio.get_running_loop()
    browser = launch(playwright)
    asyncio._set_running_loop(None)
    yield browser, loop
    with running(loop):
        browser.close()
        playwright.stop()
    asyncio._set_running_loop(None)


@pytest.fixture
def watch(request: pytest.FixtureRequest) -> Watch:
    """What the pages of this test did wrong; patterns of ``allow_console`` are let through."""
    marks = request.node.iter_markers("allow_console")
    return Watch([pattern for mark in marks for pattern in mark.args])


@pytest.fixture
def new_context(
    browser_and_loop: tuple[Browser, asyncio.AbstractEventLoop],
    watch: Watch,
    request: pytest.FixtureRequest,
) -> Iterator[Contexts]:
    """Opens a browser context per person or device; any page error fails the test."""
    if "fresh_live_app" in request.fixturenames:
        request.getfixturevalue("fresh_live_app")  # first, so that it outlives the pages
    browser, loop = browser_and_loop
    with running(loop):
        contexts = Contexts(browser, watch)
        yield contexts
        contexts.close()
    assert not watch.problems, "the page reported:\n" + "\n".join(watch.problems)


@pytest.fixture
def new_page(new_context: Contexts) -> Callable[..., Page]:
    return lambda **overrides: new_context(**overrides).new_page()


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """One phone-sized page, Chinese, in Shanghai."""
    return new_page()
