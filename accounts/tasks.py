"""Text messages that leave after the act they tell of. Arguments hold no phone number."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import Invitation, User
from core import sms
from core.errors import RateLimited
from core.ratelimit import take
from jobs.queue import enqueue, task

NOTICES_PER_DAY = 20


def notify(*, user: User, template: str, **params: str | int) -> None:
    """Send ``user`` the SMS ``template`` (see :mod:`core.sms.templates`) once the caller commits.

    Nothing is sent to a blocked account, nor more than 20 notices in a day.
    """
    enqueue(send_notice, user=str(user.public_id), template=template, params=params)


@task
def send_notice(user: str, template: str, params: dict[str, Any]) -> bool:
    """Send one notice to the account with the public id ``user``; return whether it left."""
    person = User.objects.filter(public_id=user, is_active=True).first()
    if person is None or not _within_limit(person.phone):
        return False
    sms.send(person.phone, template, params)
    return True


@task
def send_invitation(invitation: str) -> bool:
    """Tell the holder of the number that they were invited; return whether a message left."""
    row = (
        Invitation.objects.select_related("invited_by")
        .filter(public_id=invitation, revoked_at=None)
        .first()
    )
    if row is None or not _within_limit(row.phone):
        return False
    with override(settings.LANGUAGE_CODE):
        by = (row.invited_by and row.invited_by.display_name) or _("The organiser")
    sms.send(row.phone, sms.INVITATION, {"by": by, "url": f"{settings.SITE_URL}/sign-in/"})
    return True


def _within_limit(phone: str) -> bool:
    try:
        take(f"sms-notice:{phone}", limit=NOTICES_PER_DAY, period_s=24 * 3600)
    except RateLimited:
        return False
    return True
