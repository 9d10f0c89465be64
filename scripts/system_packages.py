#!/usr/bin/env python3
"""Make sure the servers, the browser and the Chinese font of the tests are there.

As root on Debian or Ubuntu what is missing is installed; otherwise one line says what to install.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path


def has_postgres() -> bool:
    """Is there a PostgreSQL server? Distributions keep it outside PATH."""
    places = ("usr/lib/postgresql/*/bin/initdb", "usr/pgsql-*/bin/initdb")
    return bool(shutil.which("initdb")) or any(any(Path("/").glob(place)) for place in places)


def has_chromium() -> bool:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return any(shutil.which(name) for name in names)


def has_chinese_font() -> bool:
    if not shutil.which("fc-list"):
        return False
    shown = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, text=True, check=False)
    return bool(shown.stdout.strip())


NEEDED: dict[str, Callable[[], bool]] = {
    "postgresql": has_postgres,
    "redis-server": lambda: bool(shutil.which("redis-server")),
    "chromium": has_chromium,
    "fonts-noto-cjk": has_chinese_font,
}


def missing_packages() -> list[str]:
    missing = [package for package, there in NEEDED.items() if not there()]
    if "fonts-noto-cjk" in missing and not shutil.which("fc-list"):
        missing.append("fontconfig")
    return missing


def install(packages: list[str]) -> bool:
    """Install with apt-get; False when it did not work."""
    print(f"· installing {' '.join(packages)}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
    ):
        result = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False
        )
        if result.returncode:
            print("\n".join(result.stderr.splitlines()[-5:]), file=sys.stderr)
            return False
    return True


def main() -> int:
    missing = missing_packages()
    if missing and os.geteuid() == 0 and shutil.which("apt-get") and install(missing):
        missing = missing_packages()
    if missing:
        print(f"tests need: {' '.join(missing)} (Debian: apt-get install {' '.join(missing)})")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
