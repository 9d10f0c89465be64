"""nginx with its RTMP module, as a process of ours: found, configured, started, asked, stopped."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from django.conf import settings

from livestream.media.rtmp import children

#: The application in every address: rtmp://host/live
APPLICATION: Final = "live"
_TEMPLATE: Final = "deploy/nginx/rtmp.conf"
_FOLDERS: Final = ("/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/usr/share/nginx/modules")
_MODULE: Final = "ngx_rtmp_module.so"
_STREAM: Final = re.compile(r"<stream>\s*<name>([0-9a-f]{32})</name>(.*?)</stream>", re.DOTALL)
_START_S: Final = 10.0
_STOP_S: Final = 5.0
_ASK_S: Final = 2.0


class MissingError(RuntimeError):
    """nginx or its RTMP module is not installed; the message says how to install it."""


class ServerError(RuntimeError):
    """nginx does not run; the message holds what it said."""


@dataclass(frozen=True, slots=True)
class Installed:
    """The programs of this machine."""

    nginx: str
    module: Path


@dataclass(frozen=True, slots=True)
class Incoming:
    """What nginx knows of one publisher. ``bytes`` counts from the beginning of the stream."""

    bytes: int
    width: int
    height: int
    frame_rate: float


def find() -> Installed:
    """Find nginx and its RTMP module, or raise :class:`MissingError`."""
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    folders = list(_FOLDERS)
    if nginx:
        built = subprocess.run([nginx, "-V"], capture_output=True, text=True, check=False).stderr
        folders = re.findall(r"--modules-path=(\S+)", built) + folders
    module = next((Path(at, _MODULE) for at in folders if Path(at, _MODULE).is_file()), None)
    if nginx is None or module is None:
        missing = "nginx" if nginx is None else f"nginx's RTMP module ({_MODULE})"
        raise MissingError(
            f"{missing} is not installed. Debian, Ubuntu: apt-get install nginx libnginx-mod-rtmp"
        )
    return Installed(nginx, module)


def render(*, module: Path, run: Path, port: int, hooks: str) -> str:
    """The configuration; ``hooks`` is the address of the callbacks with their secret."""
    text = (settings.BASE_DIR / _TEMPLATE).read_text(encoding="utf-8")
    words = {"MODULE": str(module), "RUN": str(run), "PORT": str(port), "HOOKS": hooks}
    for value in words.values():
        if re.search(r'["\\\n;{}$]', value):
            raise ServerError(f"nginx cannot be told of this path: {value}")
    return re.sub(r"@([A-Z]+)@", lambda found: words[found[1]], text)


class Server:
    """One running nginx. Every method belongs to the event loop that started it."""

    def __init__(self, run: Path, port: int, process: asyncio.subprocess.Process) -> None:
        self._run = run
        self.port = port
        self._process = process
        self._folder = os.open(run, os.O_PATH | os.O_DIRECTORY)

    @classmethod
    async def start(cls, *, installed: Installed, run: Path, port: int, hooks: str) -> Server:
        """Start nginx and wait until it listens, or raise :class:`ServerError`."""
        config = run / "nginx.conf"
        text = render(module=installed.module, run=run, port=port, hooks=hooks)
        config.touch(mode=0o600)  # it holds the callbacks' secret
        config.write_text(text, encoding="utf-8")
        (run / "control.sock").unlink(missing_ok=True)
        with (run / "nginx.log").open("wb") as said:
            process = await asyncio.create_subprocess_exec(
                *(installed.nginx, "-e", "stderr", "-p", str(run), "-c", str(config)),
                cwd=run,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                env=children.environment(run),
                preexec_fn=children.tied_to_us(),
            )
        server = cls(run, port, process)
        try:
            await server._listening()
        except BaseException:
            await server.stop()
            raise
        return server

    async def _listening(self) -> None:
        for _attempt in range(int(_START_S / 0.05)):
            if self._process.returncode is not None:
                raise ServerError(f"nginx did not start: {self._said()}")
            if await self._ask("/stat"):
                return
            await asyncio.sleep(0.05)
        raise ServerError(f"nginx does not answer: {self._said()}")

    def _said(self) -> str:
        lines = (self._run / "nginx.log").read_text(errors="replace").strip().splitlines()
        return " / ".join(lines[-3:]) or "it said nothing"

    @property
    def pid(self) -> int:
        return self._process.pid

    async def ended(self) -> str:
        """Wait until nginx ends; what it said last."""
        await self._process.wait()
        return self._said()

    async def stop(self) -> None:
        """End nginx, and with it every connection."""
        if self._process.returncode is None:
            self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), _STOP_S)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        if self._folder >= 0:
            os.close(self._folder)
            self._folder = -1

    async def drop(self, name: str, client_id: str) -> None:
        """Throw one publisher out; gone already: nothing."""
        query = urlencode({"app": APPLICATION, "name": name, "clientid": client_id})
        await self._ask(f"/control/drop/publisher?{query}")

    async def incoming(self) -> dict[str, Incoming]:
        """Who publishes, by the name of the stream; empty where nginx does not answer."""
        return parse_stat(await self._ask("/stat"))

    async def _ask(self, path: str) -> bytes:
        """The body nginx answers with, empty where it does not."""
        try:
            return await asyncio.wait_for(self._get(path), _ASK_S)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            return b""

    async def _get(self, path: str) -> bytes:
        # Through the directory's descriptor the path is short enough for a socket's name.
        at = f"/proc/self/fd/{self._folder}/control.sock"
        reader, writer = await asyncio.open_unix_connection(at)
        try:
            writer.write(f"GET {path} HTTP/1.0\r\nHost: media\r\n\r\n".encode())
            answer = await reader.read(-1)
        finally:
            writer.close()
        head, _gap, body = answer.partition(b"\r\n\r\n")
        return body if head.split(b" ", 2)[1:2] == [b"200"] else b""


def parse_stat(text: bytes) -> dict[str, Incoming]:
    """The publishers in nginx-rtmp's statistics, by the name of their stream.

    Read by pattern, not as XML: publishers choose some of its words.
    """
    found = {}
    for stream in _STREAM.finditer(text.decode("utf-8", "replace")):
        name, about = stream.groups()
        if "<publishing/>" in about:
            found[name] = Incoming(
                bytes=int(_number(about, "bytes_in")),
                width=int(_number(about, "width")),
                height=int(_number(about, "height")),
                frame_rate=_number(about, "frame_rate"),
            )
    return found


def _number(about: str, name: str) -> float:
    number = re.search(rf"<{name}>(\d{{1,15}}(?:\.\d+)?)</{name}>", about)
    return float(number[1]) if number else 0.0
