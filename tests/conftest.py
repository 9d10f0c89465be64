"""Fixtures of the whole suite; what each gives is written in docs/testing.md."""

from __future__ import annotations

from tests.support.fixtures import (
    browser_and_loop,
    channel_dir,
    django_db_keepdb,
    django_db_modify_db_settings,
    empty_cache,
    fresh_live_app,
    live_app,
    live_template,
    new_context,
    new_page,
    no_minutes,
    own_language,
    page,
    query_count,
    shared_directory,
    sms,
    watch,
)

__all__ = [
    "browser_and_loop",
    "channel_dir",
    "django_db_keepdb",
    "django_db_modify_db_settings",
    "empty_cache",
    "fresh_live_app",
    "live_app",
    "live_template",
    "new_context",
    "new_page",
    "no_minutes",
    "own_language",
    "page",
    "query_count",
    "shared_directory",
    "sms",
    "watch",
]
