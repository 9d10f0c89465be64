"""Dates and waits the way people here write them, masked numbers. For every template."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.translation import get_language

from core import waiting
from core.phones import mask

register = template.Library()

_WEEKDAYS = "一二三四五六日"


def _local(value: datetime) -> datetime:
    return timezone.localtime(value) if timezone.is_aware(value) else value


@register.filter
def day(value: date | datetime | None) -> str:
    """Format as ``12月3日 周四``, in English ``Thu 3 Dec``; the year only when it is another."""
    if value is None:
        return ""
    moment = _local(value) if isinstance(value, datetime) else value
    other_year = moment.year != timezone.localdate().year
    if (get_language() or "").startswith("zh"):
        text = f"{moment.month}月{moment.day}日 周{_WEEKDAYS[moment.weekday()]}"
        return f"{moment.year}年{text}" if other_year else text
    text = f"{moment:%a} {moment.day} {moment:%b}"
    return f"{text} {moment.year}" if other_year else text


@register.filter
def clock(value: datetime | None) -> str:
    """Format as ``14:00``."""
    return f"{_local(value):%H:%M}" if value else ""


@register.filter
def moment(value: datetime | None) -> str:
    """Format as ``12月3日 周四 14:00``."""
    return f"{day(value)} {clock(value)}" if value else ""


@register.filter
def waited(since: datetime | None) -> str:
    """Say how long something waits: ``已等 12 分钟``."""
    return waiting.waited(max(timezone.now() - since, timedelta())) if since else ""


@register.filter
def programme_time(second: int | None) -> str:
    """Format a second of a programme as ``12:34``."""
    return "" if second is None else waiting.programme_time(second)


@register.filter
def masked(phone: str | None) -> str:
    """Hide the middle of a phone number: ``138****0001``; nothing stays nothing."""
    return mask(phone) if phone else ""
