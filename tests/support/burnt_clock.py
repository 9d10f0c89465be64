"""A picture with the wall clock burnt in, for a page's camera and for an encoder, and its reader.

The picture is a grid of black and white cells, 8 across and 5 down: a fixed first row that tells
where black and white are, three rows with the milliseconds since 1970 modulo 2^24 (4.6 hours),
most significant bit first, and a row with their CRC-8. A cell of 320×180 is 40×36 pixels: H.264 at
any quality and scaling leave it readable, and a frame of two mixed pictures fails its check.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Error, Page

COLUMNS, ROWS = 8, 5
SYNC = 0b10110010
WRAP = 1 << 24
SCRIPT = Path(__file__).with_suffix(".js")
#: Where the reader's module is served from, by the test itself, on every page's own origin.
PROBE = "/static/js/burnt_clock_probe.js"


def check(value: int) -> int:
    """CRC-8 (polynomial 7) of three bytes."""
    crc = 0
    for byte in value.to_bytes(3, "big"):
        crc ^= byte
        for _bit in range(8):
            crc = ((crc << 1) ^ 7) & 255 if crc & 128 else crc << 1
    return crc


def rows_of(ms: int) -> list[int]:
    """The grid's rows, each a byte."""
    value = ms % WRAP
    return [SYNC, *value.to_bytes(3, "big"), check(value)]


def frame(ms: int, width: int, height: int) -> bytes:
    """One picture, a byte of grey per pixel."""
    picture = bytearray()
    for place, bits in enumerate(rows_of(ms)):
        line = bytearray(width)
        for column in range(COLUMNS):
            if bits >> (COLUMNS - 1 - column) & 1:
                left, right = width * column // COLUMNS, width * (column + 1) // COLUMNS
                line[left:right] = b"\xff" * (right - left)
        picture += line * (height * (place + 1) // ROWS - height * place // ROWS)
    return bytes(picture)


def decode(picture: bytes, width: int, height: int, near: int) -> int | None:
    """The burnt milliseconds nearest to ``near``; None where the picture shows no clock."""
    cells = [
        picture[(2 * row + 1) * height // (2 * ROWS) * width + (2 * col + 1) * width // 16]
        for row in range(ROWS)
        for col in range(COLUMNS)
    ]
    sync = [bool(SYNC >> (COLUMNS - 1 - bit) & 1) for bit in range(COLUMNS)]
    low = max(cell for cell, on in zip(cells, sync, strict=False) if not on)
    high = min(cell for cell, on in zip(cells, sync, strict=False) if on)
    if high - low < 60:
        return None
    value = 0
    for cell in cells[COLUMNS:]:
        value = value << 1 | (cell > (low + high) / 2)
    value, sent = value >> 8, value & 255
    if check(value) != sent:
        return None
    behind = (near - value) % WRAP
    return near - behind if behind < WRAP // 2 else near - behind + WRAP


@dataclass(frozen=True, slots=True)
class Size:
    """Of the picture, in pixels and frames a second."""

    width: int = 320
    height: int = 180
    rate: int = 15


# --- a camera -------------------------------------------------------------------------------------


def put_before_camera(context: BrowserContext, size: Size) -> None:
    """Every page of this context gets the clock for a camera and a tone for a microphone."""
    camera = {"width": size.width, "height": size.height, "rate": size.rate}
    context.add_init_script(
        f"{SCRIPT.read_text()}\nif (navigator.mediaDevices) burntClock.camera({camera});"
    )


# --- reading --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sample:
    """One shown frame; all in milliseconds since 1970."""

    now: int
    burnt: int
    told: int | None


class Reader:
    """Reads the clock off the player of a page, beside what the page says the moment is."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def watch(self, *, seconds: float) -> list[Sample]:
        """Every frame shown for so long whose clock could be read."""
        self.start()
        self.page.wait_for_timeout(seconds * 1000)
        return self.stop()

    def start(self) -> None:
        """Note frames from now on, anew."""
        self._bring_probe()
        self.page.evaluate(
            "() => { if (window.burntWatch) window.burntWatch.stop(); window.burntWatch = burntClock.watch("
            "document.querySelector('[data-player-video]'), window.burntProgramme); }"
        )

    def first(self, *, seconds: float) -> Sample:
        """Wait for the first frame with a clock; the page may load again meanwhile.

        Raises AssertionError.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.page.wait_for_timeout(50)
            with suppress(Error):  # the page was going elsewhere just then
                if self.page.locator("[data-player-video]").count() == 0:
                    continue
                if not self.page.evaluate("() => Boolean(window.burntWatch)"):
                    self.start()
                if len(found := self.seen()) > 1:
                    return found[0]
        raise AssertionError(f"no picture with a clock within {seconds} s on {self.page.url}")

    def seen(self) -> list[Sample]:
        """What was noted so far."""
        return self._noted("samples")

    def stop(self) -> list[Sample]:
        """What was noted; no more is."""
        return self._noted("stop()")

    def _noted(self, what: str) -> list[Sample]:
        found: list[dict[str, Any]] = self.page.evaluate(f"() => window.burntWatch.{what}")
        return [Sample(f["now"], f["burnt"], f["told"]) for f in found if f["burnt"] is not None]

    def _bring_probe(self) -> None:
        """A module on the page's own origin, as its content security policy wants it."""
        if self.page.evaluate("() => Boolean(window.burntProgramme)"):
            return
        clock = self.page.evaluate(
            "() => performance.getEntriesByType('resource').map((entry) => entry.name)"
            ".find((name) => /\\/js\\/room\\/clock(\\.[0-9a-f]+)?\\.js/.test(name))"
        )
        assert clock, "this page has no programme time"
        module = (
            f"{SCRIPT.read_text()}\nimport {{ programmeTime }} from {clock!r};\n"
            "window.burntProgramme = programmeTime;\n"
        )
        self.page.route(
            f"**{PROBE}",
            lambda route: route.fulfill(body=module, content_type="text/javascript"),
        )
        self.page.evaluate(
            "(src) => new Promise((done, failed) => { const s = document.createElement('script');"
            " s.type = 'module'; s.src = src; s.onload = done; s.onerror = failed;"
            " document.head.append(s); })",
            PROBE,
        )


def delays_s(samples: list[Sample]) -> list[float]:
    """Glass to glass, of each sample."""
    return sorted((sample.now - sample.burnt) / 1000 for sample in samples)


def errors_ms(samples: list[Sample]) -> list[int]:
    """Programme time less burnt time, of each sample that has both; sign kept."""
    return sorted(sample.told - sample.burnt for sample in samples if sample.told is not None)
