"""Buttons of the studio: one that is pressed twice, or sent again, acts once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.core.cache import cache
from django.http import HttpRequest

from accounts.actor import actor_of
from jobfair.requests import client_id

#: A form's token is remembered for so many seconds.
_TOKEN_S: Final = 600


@contextmanager
def once(request: HttpRequest, name: str) -> Iterator[bool]:
    """Whether this form of ``name``, by its ``token``, is to be acted on: not a second time.

    Where the act fails the token counts for nothing, and the same form may be sent again.
    """
    key = f"press:{name}:{actor_of(request).key}:{client_id(request, 'token')}"
    if not cache.add(key, 1, _TOKEN_S):
        yield False
        return
    try:
        yield True
    except BaseException:
        cache.delete(key)
        raise
