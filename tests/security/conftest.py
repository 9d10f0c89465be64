"""The world of the permission tests, and the same with a hostile mark in every text."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.db import transaction
from pytest_django import DjangoDbBlocker

from tests.permissions.conftest import world
from tests.permissions.world import World, build
from tests.security.markup import MARK

__all__ = ["hostile_world", "world"]


@pytest.fixture(scope="module")
def hostile_world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """Everybody and everything is called what breaks out of markup."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield build(mark=MARK)
        transaction.set_rollback(True)
        cache.clear()
