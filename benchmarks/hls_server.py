"""nginx with the location of deploy/nginx that serves pictures, and wrk asking it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from benchmarks import meter
from benchmarks.support import ROOT
from jobfair.demo import certificate
from tests.support.services import Service, find_program, free_port

WORKING_FOLDERS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
_LUA = """
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('{"requests":%d,"bytes":%d,"us":%d,"p50_us":%d,"p99_us":%d,"errors":%d}\\n',
    summary.requests, summary.bytes, summary.duration, latency:percentile(50),
    latency:percentile(99), e.status + e.connect + e.read + e.write + e.timeout))
end
"""


def deployed(media: Path, key_file: Path) -> tuple[str, str]:
    """What of deploy/nginx/jobfair.conf serves pictures: the part of http, that of server."""
    text = (ROOT / "deploy/nginx/jobfair.conf").read_text()
    maps = re.findall(
        r"^map \S+ \$jobfair_(?:media_\w+|front) \{.*?^\}", text, re.DOTALL | re.MULTILINE
    )
    begin, end = "include /etc/nginx/jobfair-media-key.conf;", "# Licences, evidence"
    found = re.search(f"{re.escape(begin)}.*?(?={re.escape(end)})", text, re.DOTALL)
    if not maps or found is None:
        raise RuntimeError("deploy/nginx/jobfair.conf serves no pictures as it used to")
    block = found[0].replace("/srv/jobfair/var/media", str(media))
    return "\n".join(maps), block.replace("/etc/nginx/jobfair-media-key.conf", str(key_file))


class Nginx(Service):
    """One worker process, plain and with TLS, serving a folder of pictures."""

    def __init__(self, media: Path, key: str, *, tls_port: int | None = None) -> None:
        super().__init__("nginx")
        self.tls_port = tls_port or free_port()
        secret, chain = certificate.ensure(self.directory / "tls", "127.0.0.1")
        folders = "".join(
            f"{name}_temp_path {self.directory}/{name};\n" for name in WORKING_FOLDERS
        )
        key_file = self.directory / "key.conf"
        key_file.write_text(f'set $jobfair_media_key "{key}";\n')
        shared, locations = deployed(media, key_file)
        (self.directory / "nginx.conf").write_text(
            f"{'user root;' if os.geteuid() == 0 else ''}\n"
            f"daemon off; worker_processes 1; pid {self.directory}/pid; error_log stderr warn;\n"
            "events { worker_connections 4096; }\n"
            f"http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000;\n"
            f"include /etc/nginx/mime.types; {folders}\n{shared}\n"
            f"server {{ listen 127.0.0.1:{self.port} backlog=4096;\n"
            f"listen 127.0.0.1:{self.tls_port} ssl backlog=4096;\n"
            f"ssl_certificate {chain}; ssl_certificate_key {secret};\n"
            f"{locations}\n}} }}\n"
        )
        config = str(self.directory / "nginx.conf")
        self.spawn([find_program("nginx"), "-p", str(self.directory), "-c", config])
        self.wait_until(lambda: status(f"http://127.0.0.1:{self.port}/") is not None)

    def url(self, path: str, *, tls: bool = False) -> str:
        if tls:
            return f"https://127.0.0.1:{self.tls_port}{path}"
        return f"http://127.0.0.1:{self.port}{path}"

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid


def status(url: str) -> int | None:
    """What a request is answered with; None where nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except OSError:
        return None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a server gave when asked as fast as it answers, by connections that stay open."""

    per_s: float
    mbit_s: float
    cpu_us: float
    cores: float
    p50_ms: float
    p99_ms: float
    bytes_each: float

    def figures(self) -> dict[str, float]:
        return {
            "per_s": round(self.per_s),
            "gbit_s": round(self.mbit_s / 1000, 2),
            "cpu_us": round(self.cpu_us, 1),
            "cores": round(self.cores, 2),
            "p50_ms": round(self.p50_ms, 1),
            "p99_ms": round(self.p99_ms, 1),
        }


def ask(url: str, *, server: int, connections: int, seconds: float) -> Asked:
    """Let wrk ask for one address; ``server`` is the process tree whose CPU counts.

    Raises RuntimeError when one answer in a thousand was no success.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_LUA)
        script.flush()
        command = [find_program("wrk"), "-t1", f"-c{connections}", f"-d{seconds:.0f}s"]
        spent, clock = meter.cpu_s([server]), time.monotonic()
        done = subprocess.run(
            [*command, "-s", script.name, url], check=True, stdout=subprocess.PIPE, text=True
        )
        spent, clock = meter.cpu_s([server]) - spent, time.monotonic() - clock
    said = json.loads(done.stdout.strip().splitlines()[-1])
    if said["errors"] > said["requests"] / 1000:
        raise RuntimeError(f"{url}: {said}")
    requests, took_s = max(1, said["requests"]), said["us"] / 1e6
    return Asked(
        per_s=requests / took_s,
        mbit_s=8 * said["bytes"] / took_s / 1e6,
        cpu_us=1e6 * spent / requests,
        cores=spent / clock,
        p50_ms=said["p50_us"] / 1000,
        p99_ms=said["p99_us"] / 1000,
        bytes_each=said["bytes"] / requests,
    )
