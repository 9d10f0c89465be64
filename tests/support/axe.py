"""axe-core in a page: once in each document, and only what it found."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import BrowserContext, Page

CONTRAST = "color-contrast"


def bring_axe(context: BrowserContext) -> None:
    """Have axe in every document that is opened from now on."""
    context.add_init_script(AXE_SCRIPT)


def violations(page: Page, *rules: str) -> list[str]:
    """What axe finds, one line for each element; ``rules`` alone, if any are given."""
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = list(rules)
    found = page.evaluate("async (options) => (await axe.run(options)).violations", options)
    return [
        f"{rule['id']}: {' '.join(map(str, node['target']))}: {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]
