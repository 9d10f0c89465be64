"""A site with a browser before it: sessions to publish to, crew who publish, people who watch."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from benchmarks import meter
from benchmarks.servers import Installation
from tests.support.browser import launch

if TYPE_CHECKING:
    from accounts.models import User
    from employers.models import Vacancy
    from livestream.models import Session


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Planned:
    """A session that nobody has published to, its operator, and vacancies to pin."""

    session: Session
    operator: User
    vacancies: list[Vacancy]

    @property
    def public_id(self) -> UUID:
        return self.session.public_id


@dataclass(frozen=True, slots=True)
class Stage:
    """One web process with its database, and one Chromium."""

    site: Installation
    browser: Browser

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.site.plain_ports[0]}"

    def plan(self, *, segment_s: int, **fields: Any) -> Planned:
        """A session whose picture is published here unless ``fields`` say otherwise."""
        from livestream.enums import SessionStatus, VideoSource
        from tests.factories import SessionCrewFactory, SessionFactory, open_vacancy

        values = {"status": SessionStatus.SCHEDULED, "video_source": VideoSource.HOSTED, **fields}
        session = SessionFactory(segment_s=segment_s, **values)
        crew = SessionCrewFactory(session=session)
        return Planned(session, crew.person, [open_vacancy(session.fair) for _ in range(3)])

    def context(self, person: User | None = None, **options: Any) -> BrowserContext:
        """A browser of its own, signed in as ``person``."""
        context = self.browser.new_context(
            viewport={"width": 640, "height": 900},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            **options,
        )
        if person is not None:
            from django.test import Client

            from tests.support.accounts import signed_in

            cookies = signed_in(Client(), person, second_factor=True).cookies
            context.add_cookies(
                [{"name": k, "value": v.value, "url": self.url} for k, v in cookies.items()]
            )
        return context

    def viewer(self, planned: Planned, **options: Any) -> Page:
        """The room's page, open and waiting for the picture."""
        page = self.context(**options).new_page()
        page.goto(f"{self.url}/live/{planned.public_id}/")
        page.locator("[data-room-state][data-state=online]").wait_for(state="attached")
        return page

    def cpu_s(self) -> float:
        """CPU seconds of the web processes and what they started."""
        return meter.cpu_s([self.site.pid])


def act(service: Callable[..., T], **arguments: Any) -> T:
    """Call a service in a thread of its own: Playwright's event loop seems to run in this one."""

    def call() -> T:
        from django.db import connections

        try:
            return service(**arguments)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(call).result()


@contextmanager
def stage(settings: Mapping[str, str]) -> Iterator[Stage]:
    """Start it all; jobs run in the web process, as on one machine."""
    # Playwright keeps an event loop in this thread; nothing of ours runs in it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    wanted = {"JOBS_IN_WEB_PROCESS": "1", **settings}
    with (
        Installation(processes=1, tls=False, pages=True, **wanted) as site,
        sync_playwright() as playwright,
    ):
        browser = launch(playwright)
        try:
            yield Stage(site, browser)
        finally:
            browser.close()
