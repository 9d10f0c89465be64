"""A real Chromium for the journeys, watched for every error a page can make."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, expect

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]
PHONE = {"width": 390, "height": 844}
TIMEOUT_MS = 15_000


def find_chromium() -> str:
    """Path of the distribution's Chromium. Raises LookupError with what to install."""
    for name in PROGRAMS:
        found = shutil.which(name)
        if found:
            return found
    raise LookupError("chromium is missing: install it, e.g. apt-get install chromium")


def launch(playwright: Playwright) -> Browser:
    """Start it; ``expect`` waits as long as everything else, for a busy machine."""
    expect.set_options(timeout=TIMEOUT_MS)
    return playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)


@contextmanager
def running(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Let Playwright's parked event loop count as running only while a browser test runs.

    The synchronous API keeps its loop marked as running in this thread; left so, Django would
    refuse database access in every later test of the worker.
    """
    before = asyncio._get_running_loop()
    asyncio._set_running_loop(loop)
    try:
        yield
    finally:
        asyncio._set_running_loop(before)


class Watch:
    """Collects what must not happen in a page: uncaught errors, console errors, CSP breaches."""

    def __init__(self, allowed: list[str]) -> None:
        self.allowed = [re.compile(pattern) for pattern in allowed]
        self.problems: list[str] = []

    def note(self, problem: str) -> None:
        if not any(pattern.search(problem) for pattern in self.allowed):
            self.problems.append(problem)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.note(f"console: {message.text} ({message.location.get('url', '')})")

    def _on_page(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.note(f"page error: {error} on {page.url}"))

    def attach(self, context: BrowserContext) -> BrowserContext:
        context.on("console", self._on_console)
        context.on("page", self._on_page)
        return context


class Contexts:
    """Makes browser contexts for the people and devices of one test and closes them."""

    def __init__(self, browser: Browser, watch: Watch) -> None:
        self.browser = browser
        self.watch = watch
        self.opened: list[BrowserContext] = []

    def __call__(self, **overrides: Any) -> BrowserContext:
        options: dict[str, Any] = {
            "viewport": PHONE,
            "locale": "zh-CN",
            "timezone_id": "Asia/Shanghai",
            **overrides,
        }
        context = self.watch.attach(self.browser.new_context(**options))
        context.set_default_timeout(TIMEOUT_MS)
        self.opened.append(context)
        return context

    def close(self) -> None:
        for context in self.opened:
            context.close()
