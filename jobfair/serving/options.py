"""How to serve: what the supervisor is told and what it tells each process."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Final

#: Connections the kernel keeps waiting (as far as net.core.somaxconn lets it).
BACKLOG: Final = 4096


class BadOptionsError(Exception):
    """These options cannot be served; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Options:
    """Process ``i`` listens on ``port + i`` and, with a certificate, on ``tls_port + i``."""

    host: str = "127.0.0.1"
    port: int = 8000
    processes: int = 1
    tls_host: str = ""
    tls_port: int = 8443
    certfile: str = ""
    keyfile: str = ""
    grace_s: int = 20

    @property
    def tls(self) -> bool:
        """Whether the processes end TLS themselves, beside their plain ports."""
        return bool(self.certfile)

    def check(self) -> None:
        """Raise :class:`BadOptionsError` for what cannot be."""
        if self.processes < 1:
            raise BadOptionsError("At least one process is needed.")
        if self.grace_s < 1:
            raise BadOptionsError("A stopping process needs at least one second (GRACE_S).")
        if bool(self.certfile) != bool(self.keyfile):
            raise BadOptionsError("A certificate needs its key, and a key its certificate.")
        taken: set[int] = set()
        for first in [self.port] + [self.tls_port] * self.tls:
            ports = set(range(first, first + self.processes))
            if min(ports) < 1 or max(ports) > 65535:
                raise BadOptionsError(f"Ports {min(ports)} to {max(ports)} do not exist.")
            if ports & taken:
                raise BadOptionsError(
                    f"{self.processes} processes from port {self.port} and from TLS port "
                    f"{self.tls_port} would meet; move one of the two."
                )
            taken |= ports

    def to_json(self) -> str:
        """For the command line of a process."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Options:
        """The inverse of :meth:`to_json`."""
        return cls(**json.loads(text))
