#!/usr/bin/env python3
"""Make sure the servers, the browser and the Chinese font of the tests are there.

With ``--bench`` also what the load generator is compiled with; nchan, which one of the benchmarks
compares with, is installed where that is possible and done without elsewhere.

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


def has_rtmp() -> bool:
    """Has nginx the module that takes encoders?"""
    folders = ("usr/lib/nginx/modules", "usr/lib64/nginx/modules", "usr/share/nginx/modules")
    return any((Path("/") / folder / "ngx_rtmp_module.so").exists() for folder in folders)


NEEDED: dict[str, Callable[[], bool]] = {
    "postgresql": has_postgres,
    "redis-server": lambda: bool(shutil.which("redis-server")),
    "chromium": has_chromium,
    "fonts-noto-cjk": has_chinese_font,
    "nginx": lambda: bool(shutil.which("nginx")),
    "libnginx-mod-rtmp": has_rtmp,
}
HEADERS = Path("/usr/include")
NEEDED_BY_BENCHES: dict[str, Callable[[], bool]] = {
    "postgresql": has_postgres,
    "redis-server": lambda: bool(shutil.which("redis-server")),
    "gcc": lambda: bool(shutil.which("gcc")),
    "libc6-dev": (HEADERS / "stdlib.h").exists,
    "libssl-dev": (HEADERS / "openssl" / "ssl.h").exists,
    "zlib1g-dev": (HEADERS / "zlib.h").exists,
    "openssl": lambda: bool(shutil.which("openssl")),
    "chromium": has_chromium,
    "nginx": lambda: bool(shutil.which("nginx")),
    "libnginx-mod-rtmp": has_rtmp,
    "wrk": lambda: bool(shutil.which("wrk")),
}
#: Modules of nginx are loaded only by the benchmark's own configuration.
COMPARED_WITH: dict[str, Callable[[], bool]] = {
    "libnginx-mod-nchan": Path("/usr/lib/nginx/modules/ngx_nchan_module.so").exists,
}


def missing_packages(needed: dict[str, Callable[[], bool]]) -> list[str]:
    missing = [package for package, there in needed.items() if not there()]
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


def can_install() -> bool:
    return os.geteuid() == 0 and bool(shutil.which("apt-get"))


def main(arguments: list[str]) -> int:
    for_benches = "--bench" in arguments
    needed = NEEDED_BY_BENCHES if for_benches else NEEDED
    missing = missing_packages(needed)
    if missing and can_install() and install(missing):
        missing = missing_packages(needed)
    if missing:
        who = "benchmarks" if for_benches else "tests"
        print(f"{who} need: {' '.join(missing)} (Debian: apt-get install {' '.join(missing)})")
        return 1
    if for_benches and can_install() and (wanted := missing_packages(COMPARED_WITH)):
        install(wanted)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
