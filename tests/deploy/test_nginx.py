"""The nginx configuration, as the real nginx reads it and as it answers."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID

import pytest

from jobfair.demo import certificate
from livestream.media import signing
from tests.support.live import ROOT
from tests.support.services import die_with_parent, free_port

pytestmark = pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed")
ROOM = UUID("0193a7c2-0000-7000-8000-00000000000a")
MEDIA_KEY = "tests-only-media-key_0123456789abcdef"
HASHED = "js/room.0123456789ab.js"


class Pages(BaseHTTPRequestHandler):
    """Stands for the processes; remembers what reached it."""

    seen: Counter[str] = Counter()
    headers_seen: dict[str, Any] = {}

    def do_GET(self) -> None:
        Pages.seen[self.path] += 1
        Pages.headers_seen[self.path] = dict(self.headers)
        body = b'{"seq": 1}'
        if "/feed/" in self.path:
            time.sleep(0.1)
        self.send_response(200)
        if "/feed/" in self.path:
            self.send_header("Cache-Control", "public, max-age=2")
            self.send_header("Set-Cookie", "sessionid=secret")
        if self.path == "/licence/":
            self.send_header("X-Accel-Redirect", "/private/licence.pdf")
        if self.path == "/recording/":
            self.send_header("X-Accel-Redirect", "/downloads/take.mp4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        return


def configuration(tmp_path: Path, port: int, pages: int) -> Path:
    """Our file with this test's paths and ports, inside the smallest http { }."""
    key, cert = certificate.ensure(tmp_path / "tls", "127.0.0.1")
    text = (ROOT / "deploy/nginx/jobfair.conf").read_text()
    assert text.count("listen 443 ssl http2") == 1
    for old, new in {
        "/etc/letsencrypt/live/fair.example/fullchain.pem": str(cert),
        "/etc/letsencrypt/live/fair.example/privkey.pem": str(key),
        "/srv/jobfair/var": str(tmp_path / "var"),
        "/var/cache/nginx/jobfair": str(tmp_path / "cache"),
        "listen 443 ssl http2": f"listen 127.0.0.1:{port} ssl http2",
        "listen [::]:443 ssl http2;": "",
        "listen 80;": f"listen 127.0.0.1:{free_port()};",
        "listen [::]:80;": "",
        "127.0.0.1:8000": f"127.0.0.1:{pages}",
        "/etc/nginx/jobfair-media-key.conf": str(tmp_path / "media-key.conf"),
        "server 127.0.0.1:8001 max_fails=2 fail_timeout=3s;": "",
        "server 127.0.0.1:8002 max_fails=2 fail_timeout=3s;": "",
    }.items():
        text = text.replace(old, new)
    (tmp_path / "jobfair.conf").write_text(text)
    (tmp_path / "media-key.conf").write_text(f'set $jobfair_media_key "{MEDIA_KEY}";\n')
    folders = "".join(
        f"{name}_temp_path {tmp_path}/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = tmp_path / "nginx.conf"
    main.write_text(
        f"{'user root;' if os.geteuid() == 0 else ''}\n"
        f"daemon off; worker_processes 1; pid {tmp_path}/pid; error_log stderr warn;\n"
        "events { worker_connections 256; }\n"
        f"http {{ access_log off; {folders} include {tmp_path}/jobfair.conf; }}\n"
    )
    return main


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """A running nginx with our configuration; its address."""
    for name, content in {
        "static/plain.txt": b"plain",
        f"static/{HASHED}": b"export {};",
        "public/guest/one.jpg": b"picture",
        "public/guest/one.html": b"<script>",
        "private/licence.pdf": b"licence",
        f"media/hls/{ROOM.hex}/live.m3u8": b"#EXTM3U\n",
        f"media/hls/{ROOM.hex}/t1/v00001.m4s": bytes(range(256)) * 40,
        f"media/hls/{ROOM.hex}/t1/v.m3u8": b"#EXTM3U\n",
        f"media/hls/{ROOM.hex}/r1/index.m3u8": b"#EXTM3U\n",
        f"media/hls/{ROOM.hex}/r1/p1/v.mp4": b"recording",
        f"media/hls/{ROOM.hex}/r1/p1/v.m3u8": b"#EXTM3U\n",
        f"media/hls/{ROOM.hex}/r1.whole/index.m3u8": b"#EXTM3U\n",
        f"media/hls/{ROOM.hex}/r1.whole/p1/v.m3u8": b"uncut",
        f"media/hls/{ROOM.hex}/parts/v.mp4": b"unfinished",
        "media/downloads/take.mp4": b"download",
    }.items():
        path = tmp_path / "var" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (tmp_path / f"var/static/{HASHED}.gz").write_bytes(gzip.compress(b"export {};"))
    pages = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    Thread(target=pages.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    port = free_port()
    main = configuration(tmp_path, port, pages.server_address[1])
    command = ["nginx", "-p", str(tmp_path), "-c", str(main)]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert "[warn]" not in checked.stderr
    nginx = subprocess.Popen(command, stderr=subprocess.DEVNULL, preexec_fn=die_with_parent)
    url = f"https://127.0.0.1:{port}"
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and not (tmp_path / "pid").exists():
        time.sleep(0.02)
    Pages.seen.clear()
    yield url
    nginx.terminate()
    nginx.wait(10)
    pages.shutdown()
    pages.server_close()


def get(url: str, method: str = "GET", **headers: str) -> tuple[int, bytes, Any]:
    context = ssl._create_unverified_context()  # noqa: S323 (a self-made certificate of this test)
    request = urllib.request.Request(url, headers=headers, method=method)
    for attempt in range(20):
        try:
            with urllib.request.urlopen(request, context=context, timeout=10) as answer:
                return answer.status, answer.read(), answer.headers
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read(), error.headers
        except OSError:
            if attempt == 19:
                raise
            time.sleep(0.05)
    raise AssertionError


def test_nginx_serves_as_documented(site: str) -> None:
    """One nginx for all of it."""
    # The feed: many ask, one request reaches the processes, without anybody's cookie.
    feed = "/live/0193a7c2-0000-7000-8000-000000000000/feed/tail.json"
    with ThreadPoolExecutor(20) as people:
        answers = list(people.map(lambda _n: get(site + feed, Cookie="sessionid=x"), range(20)))
    assert {answer[0] for answer in answers} == {200}
    assert Pages.seen[feed] == 1
    assert "Cookie" not in Pages.headers_seen[feed]
    assert all("Set-Cookie" not in answer[2] for answer in answers)
    assert get(f"{site}{feed}?cache=buster")[2]["X-Feed-Cache"] == "HIT"

    # A page is asked for every time, and told the truth about who asks and how.
    for _ in range(2):
        lie = {"X-Forwarded-For": "127.0.0.9", "X-Forwarded-Proto": "http"}
        assert get(f"{site}/fairs/x/", **lie)[0] == 200
    assert Pages.seen["/fairs/x/"] == 2
    assert Pages.headers_seen["/fairs/x/"]["X-Forwarded-For"] == "127.0.0.1"
    assert Pages.headers_seen["/fairs/x/"]["X-Forwarded-Proto"] == "https"

    # Files never reach the processes.
    status, body, headers = get(f"{site}/static/plain.txt")
    assert (status, body, headers["Cache-Control"]) == (200, b"plain", "public, max-age=3600")
    status, body, headers = get(f"{site}/static/{HASHED}", **{"Accept-Encoding": "gzip"})
    assert (status, headers["Content-Encoding"]) == (200, "gzip")
    assert "immutable" in headers["Cache-Control"]
    status, body, headers = get(f"{site}/files/guest/one.jpg")
    assert (status, body) == (200, b"picture")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert Pages.seen.total() == 3

    # Private files only by the word of a page; metrics not at all; nothing outside the folders.
    assert get(f"{site}/licence/")[1] == b"licence"
    assert get(f"{site}/private/licence.pdf")[0] == 404
    assert get(f"{site}/metrics")[0] == 404
    assert get(f"{site}/files/guest/one.html")[1] != b"<script>"
    assert b"licence" not in get(f"{site}/files/..%2fprivate/licence.pdf")[1]


def test_pictures_under_the_addresses_we_sign(site: str, settings: Any, tmp_path: Path) -> None:
    """What ``livestream.media.signing`` makes, nginx lets through, and nothing else."""
    settings.MEDIA_SIGNING_KEY = MEDIA_KEY
    prefix = site + signing.prefix(ROOM)
    status, body, headers = get(f"{prefix}live.m3u8", Cookie="sessionid=x")
    assert (status, body) == (200, b"#EXTM3U\n")
    assert headers["Content-Type"] == "application/vnd.apple.mpegurl"
    assert headers["Cache-Control"] == "public, max-age=1"
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in headers
    segment = bytes(range(256)) * 40
    status, body, headers = get(f"{prefix}t1/v00001.m4s")
    assert (status, body, headers["Content-Type"]) == (200, segment, "video/mp4")
    assert headers["Cache-Control"] == "public, max-age=86400, immutable"
    part = get(f"{prefix}t1/v00001.m4s", Range="bytes=100-199")
    assert (part[0], part[1]) == (206, segment[100:200])
    assert get(f"{prefix}t1/v00001.m4s", **{"If-None-Match": headers["ETag"]})[0] == 304
    replay, uncut = (site + signing.prefix(ROOM, name) for name in ("r1", "r1.whole"))
    assert get(f"{replay}p1/v.mp4")[1] == b"recording"
    assert get(f"{uncut}p1/v.m3u8")[1] == b"uncut"
    status, _body, headers = get(f"{prefix}live.m3u8", method="OPTIONS")
    assert (status, headers["Access-Control-Allow-Headers"]) == (204, "Range")
    assert headers["Access-Control-Allow-Origin"] == "*"

    # What is not there yet is kept nowhere, and a page on another origin may know.
    missing = get(f"{prefix}t1/v00002.m4s")
    assert (missing[0], missing[2]["Cache-Control"]) == (404, "no-store")
    assert missing[2]["Access-Control-Allow-Origin"] == "*"

    _empty, _media, _hls, until, sign, room, _end = signing.prefix(ROOM).split("/")
    _empty, _media, _hls, _until, cut_sign, _room, _r1, _end = signing.prefix(ROOM, "r1").split("/")
    other = "0" * 32
    for address in (
        f"{until}/{'A' * 22}/{room}/live.m3u8",
        f"{int(until) + 1}/{sign}/{room}/live.m3u8",
        f"{until}/{sign}/{other}/live.m3u8",
        f"1/{signing.signature(room, 1)}/{room}/live.m3u8",
        f"{until}/{sign}/{room}/r1/index.m3u8",
        f"{until}/{sign}/{room}/r1/p1/v.mp4",
        f"{until}/{sign}/{room}/t1/v.m3u8",
        f"{until}/{cut_sign}/{room}/r1/p1/v.m3u8",
        f"{until}/{cut_sign}/{room}/r1.whole/p1/v.m3u8",
        f"{until}/{cut_sign}/{room}/t1/v00001.m4s",
        f"{until}/{cut_sign}/{room}/live.m3u8",
        f"{until}/{sign}/{room}/parts/v.mp4",
        f"{until}/{sign}/{room}/t1/../parts/v.mp4",
        f"{until}/{sign}/{room}/t1/..%2fwork/v.mp4",
        f"{until}/{sign}/{room}/",
        f"{until}/{sign}/{room}/live.m3u8%00",
        f"{room}/live.m3u8",
        "",
    ):
        status, body, headers = get(f"{site}/media/hls/{address}")
        assert status in {400, 403, 404}, address
        assert body not in {b"#EXTM3U\n", b"unfinished", b"recording", b"uncut", segment}
        assert status == 400 or headers["Cache-Control"] == "no-store"

    # A folder without its list is closed, whatever address of it somebody kept.
    folder = tmp_path / f"var/media/hls/{ROOM.hex}"
    (folder / "live.m3u8").unlink()
    (folder / "r1/index.m3u8").unlink()
    for address in (f"{prefix}t1/v00001.m4s", f"{replay}p1/v.mp4", f"{replay}index.m3u8"):
        status, _body, headers = get(address)
        assert (status, headers["Cache-Control"]) == (404, "no-store"), address

    # Recordings only by the word of a page. None of all this reached a process.
    assert get(f"{site}/downloads/take.mp4")[0] == 404
    assert not Pages.seen
    assert get(f"{site}/recording/")[1] == b"download"


def test_nginx_serves_the_same_files_as_the_view() -> None:
    """One pattern in two places."""
    conf = (ROOT / "deploy/nginx/jobfair.conf").read_text()
    found = re.search(r"(\(\?<jobfair_tree>.*)\$\" \{", conf)
    assert found is not None
    assert found[1].replace("<jobfair_", "P<") == signing.PATH.pattern.replace(r"\d", "[0-9]")


def test_every_process_of_the_example_has_its_line() -> None:
    """Ports in nginx, the socket origins and the number of processes say the same."""
    example = (ROOT / "deploy/jobfair.env.example").read_text()
    values = dict(re.findall(r"^(\w+)=(.*)$", example, re.MULTILINE))
    conf = (ROOT / "deploy/nginx/jobfair.conf").read_text()
    by_name = (ROOT / "deploy/nginx/sockets-by-name.conf").read_text()
    processes = int(values["PROCESSES"])
    assert re.findall(r"server 127\.0\.0\.1:(\d+)", conf) == [
        str(8000 + n) for n in range(processes)
    ]
    assert re.findall(r":(\d+)", values["SOCKET_ORIGINS"]) == [
        str(8443 + n) for n in range(processes)
    ]
    assert len(re.findall(r"127\.0\.0\.1:844\d;", by_name)) == processes


def test_the_example_names_only_settings_that_exist() -> None:
    example = (ROOT / "deploy/jobfair.env.example").read_text()
    documented = set(
        re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs/settings.md").read_text(), re.MULTILINE)
    )
    assert set(re.findall(r"^(\w+)=", example, re.MULTILINE)) <= documented
