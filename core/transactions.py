"""Transactions: commit → acknowledge → publish."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, connections, transaction

# SQLite has one writer. Waiting for it inside Python is fair and cheap; waiting inside SQLite is
# a retry loop with sleeps that under load ends in "database is locked".
_sqlite_writer = threading.RLock()


@contextmanager
def write(using: str = DEFAULT_DB_ALIAS, *, savepoint: bool = True) -> Iterator[None]:
    """Run the block in one transaction, alone among this process's writers on SQLite.

    Everything in the block is committed together or not at all. Nested use joins the outer
    transaction through a savepoint; without one (two round trips less) its failure is the
    failure of the whole.
    """
    if connections[using].vendor != "sqlite":
        with transaction.atomic(using=using, savepoint=savepoint):
            yield
        return
    with _sqlite_writer, transaction.atomic(using=using, savepoint=savepoint):
        yield


def on_commit(effect: Callable[[], object]) -> None:
    """Run ``effect`` after the outermost commit; its failure never undoes what was stored."""
    transaction.on_commit(effect, robust=True)
