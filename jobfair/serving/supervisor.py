"""Keeps N web processes running, each on a port of its own.

A process that dies is replaced at once, then with growing pauses. SIGTERM and SIGINT stop all
gracefully, a second SIGINT at once; SIGHUP replaces one process after the other: the new one
loads, the old one stops accepting, the new one begins, and only when the old one has finished is
it the next one's turn. A replacement that cannot load leaves the old process in its place.
"""

from __future__ import annotations

import logging
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Final

from jobfair.serving.listeners import listen
from jobfair.serving.options import Options
from jobfair.serving.process import BEGIN, CLOSED, LOADED, SERVING, raise_file_limit

logger = logging.getLogger(__name__)

ROOT: Final = Path(__file__).resolve().parents[2]
#: Pause before a process that died is started again: none at first, then doubling, up to the
#: first of these if it had come to serve, else to the second.
FIRST_PAUSE_S: Final = 0.1
SERVED_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 5.0
#: A process that served this long had a good start; its next death counts as the first.
GOOD_RUN_S: Final = 30.0
#: If no process of ours has ever come to serve, give up after so many deaths in a row.
HOPELESS: Final = 5
#: On top of the grace, before a stopping process is killed.
MARGIN_S: Final = 5.0
_LOOK_S: Final = 0.2


@dataclass(eq=False)
class Child:
    """One process: what it said last, and when it must be gone."""

    process: subprocess.Popen[bytes]
    tells: int
    heard: int
    state: bytes = b""
    began: bool = False
    served_at: float | None = None
    killed_at: float | None = None

    def begin(self) -> None:
        """Let it accept."""
        self.began = True
        try:
            os.write(self.tells, BEGIN)
        except BrokenPipeError:
            logger.debug("process %d is gone already", self.process.pid)

    def stop(self, grace_s: float) -> None:
        """Ask it to stop; it is killed if it takes much longer than its grace."""
        if self.killed_at is None:
            self.killed_at = time.monotonic() + grace_s + MARGIN_S
            self.process.send_signal(signal.SIGTERM)

    @property
    def stopping(self) -> bool:
        """Whether it was asked to stop."""
        return self.killed_at is not None

    def close(self) -> None:
        """Give back the pipes of a process that is gone."""
        os.close(self.tells)
        os.close(self.heard)


@dataclass(eq=False)
class Slot:
    """One place: its listeners, the process that serves, and one that is to follow it."""

    number: int
    listeners: list[socket.socket]
    current: Child | None = None
    following: Child | None = None
    leaving: list[Child] = field(default_factory=list)
    deaths: int = 0
    start_at: float = 0.0

    @property
    def children(self) -> list[Child]:
        """Every process of this place."""
        return [child for child in (self.current, self.following, *self.leaving) if child]


class Supervisor:
    """Runs until told to stop; see the module. All in one thread."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._slots: list[Slot] = []
        self._rolling: deque[Slot] = deque()
        self._stopping = False
        self._failed = False
        self._ever_served = False
        self._selector = selectors.DefaultSelector()
        self._signals: deque[int] = deque()

    def run(self) -> int:
        """Serve; return the exit code. Raises ``BadOptionsError`` if a port cannot be had."""
        self._options.check()
        raise_file_limit()
        self._bind()
        self._catch_signals()
        try:
            while not (self._stopping and not self._children()):
                self._step()
        finally:
            for child in self._children():
                child.process.kill()
            for slot in self._slots:
                for listener in slot.listeners:
                    listener.close()
        return 1 if self._failed else 0

    # --- set up --------------------------------------------------------------------------------
    def _bind(self) -> None:
        options = self._options
        for number in range(options.processes):
            listeners = [listen(options.host, options.port + number)]
            if options.tls:
                listeners.append(listen(options.tls_host, options.tls_port + number))
            self._slots.append(Slot(number, listeners))

    def _catch_signals(self) -> None:
        reader, writer = socket.socketpair()
        for end in (reader, writer):
            end.setblocking(False)
        signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        self._selector.register(reader, selectors.EVENT_READ, (reader, writer))
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, self._note)

    def _note(self, number: int, frame: FrameType | None) -> None:
        del frame
        self._signals.append(number)

    # --- one step ------------------------------------------------------------------------------
    def _step(self) -> None:
        for key, _events in self._selector.select(_LOOK_S):
            if isinstance(key.data, Child):
                self._hear(key.data)
            else:
                key.data[0].recv(4096)
        while self._signals:
            self._obey(self._signals.popleft())
        for slot in self._slots:
            self._bury(slot)
            self._hand_over(slot)
            self._start_again(slot)
        self._roll()

    def _hear(self, child: Child) -> None:
        letters = os.read(child.heard, 16)
        if not letters:
            self._selector.unregister(child.heard)
            return
        child.state = letters[-1:]
        if SERVING in letters:
            child.served_at = time.monotonic()
            self._ever_served = True

    def _obey(self, number: int) -> None:
        if number == signal.SIGHUP and not self._stopping:
            logger.info("replacing the processes one by one")
            self._rolling = deque(self._slots)
        elif number in {signal.SIGTERM, signal.SIGINT}:
            if self._stopping and number == signal.SIGINT:
                for child in self._children():
                    child.process.kill()
            self._stop()

    def _stop(self) -> None:
        if self._stopping:
            return
        self._stopping = True
        self._rolling.clear()
        logger.info("stopping; requests under way have %d s", self._options.grace_s)
        for child in self._children():
            child.stop(self._options.grace_s)

    # --- births and deaths ---------------------------------------------------------------------
    def _start(self, slot: Slot) -> Child:
        told, tells = os.pipe()
        heard, says = os.pipe()
        listeners = [listener.fileno() for listener in slot.listeners]
        descriptors = [told, says, *listeners, *([-1] if len(listeners) == 1 else [])]
        process = subprocess.Popen(
            [sys.executable, "-m", "jobfair.serving.process", str(slot.number)]
            + [self._options.to_json(), *map(str, descriptors)],
            cwd=ROOT,
            # glibc's arenas, one per thread, would take more memory than the viewers.
            env={"MALLOC_ARENA_MAX": "2", **os.environ},
            stdin=subprocess.DEVNULL,
            pass_fds=[number for number in descriptors if number >= 0],
        )
        os.close(told)
        os.close(says)
        child = Child(process, tells, heard)
        self._selector.register(heard, selectors.EVENT_READ, child)
        return child

    def _bury(self, slot: Slot) -> None:
        now = time.monotonic()
        for child in slot.children:
            code = child.process.poll()
            if code is None:
                if child.killed_at is not None and now > child.killed_at:
                    logger.error("process %d did not stop in time", child.process.pid)
                    child.process.kill()
                continue
            self._forget(child)
            if child.stopping and code != 0:
                self._failed = True
            if child is slot.following:
                slot.following = None
                self._rolling.clear()
                logger.error("the replacement of process %d failed; all stay", slot.number)
            elif child is slot.current:
                slot.current = None
                if not child.stopping:
                    self._mourn(slot, child, code)
            else:
                slot.leaving.remove(child)

    def _forget(self, child: Child) -> None:
        if child.heard in self._selector.get_map():
            self._selector.unregister(child.heard)
        child.close()

    def _mourn(self, slot: Slot, child: Child, code: int) -> None:
        now = time.monotonic()
        if child.served_at is not None and now - child.served_at > GOOD_RUN_S:
            slot.deaths = 0
        slot.deaths += 1
        pause = 0.0
        if slot.deaths > 1:
            longest = LONGEST_PAUSE_S if child.served_at is None else SERVED_PAUSE_S
            pause = min(longest, FIRST_PAUSE_S * 2 ** min(slot.deaths - 2, 10))
        slot.start_at = now + pause
        logger.error("process %d ended (%d); again in %.1f s", slot.number, code, pause)
        if not self._ever_served and slot.deaths >= HOPELESS:
            logger.critical("no process comes to serve; giving up")
            self._failed = True
            self._stop()

    def _start_again(self, slot: Slot) -> None:
        if slot.current is None and not self._stopping and time.monotonic() >= slot.start_at:
            slot.current = slot.following or self._start(slot)
            slot.following = None

    # --- who accepts ---------------------------------------------------------------------------
    def _hand_over(self, slot: Slot) -> None:
        """Let one process of the place begin, when no other accepts any more."""
        following = slot.following
        if following is not None and following.state == LOADED and slot.current is not None:
            slot.current.stop(self._options.grace_s)
            if slot.current.state == CLOSED:
                slot.leaving.append(slot.current)
                slot.current, slot.following = following, None
        current = slot.current
        if current is not None and current.state == LOADED and not current.began:
            current.begin()

    def _roll(self) -> None:
        if not self._rolling:
            return
        slot = self._rolling[0]
        if any(other.leaving or other.following for other in self._slots):
            return  # one at a time, and the old one gone before the next
        if slot.current is None or slot.current.state != SERVING:
            return  # wait until the last one replaced serves
        self._rolling.popleft()
        slot.following = self._start(slot)

    def _children(self) -> list[Child]:
        return [child for slot in self._slots for child in slot.children]
