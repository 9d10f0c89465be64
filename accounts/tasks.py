"""Text messages that leave after the act they tell of. Arguments hold no phone number.

A message that the provider does not take now is tried again, later each time.
"""

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
#: How long each further try waits at least.
RETRY_AFTER_S = (60, 5 * 60, 30 * 60, 2 * 3600)


def notify(*, user: User, template: str, **params: str | int) -> None:
    """Send ``user`` the SMS ``template`` (see :mod:`core.sms.templates`) once the caller commits.

    Nothing is sent to a blocked account, nor more than 20 notices in a day.
    """
    enqueue(send_notice, user=str(user.public_id), template=template, params=params)


@task
def send_notice(user: str, template: str, params: dict[str, Any], attempt: int = 1) -> bool:
    """Send one notice to the account with the public id ``user``; return whether it left."""
    person = User.objects.filter(public_id=user, is_active=True).first()
    if person is None or not _may_leave(person.phone, template, attempt):
        return False
    again = {"user": user, "template": template, "params": params, "attempt": attempt + 1}
    try:
        return _leave(person.phone, template, params)
    except (RateLimited, sms.SmsUnavailable) as error:
        enqueue(send_notice, delay_s=_next_try(error, attempt), **again)
        return False


@task
def send_invitation(invitation: str, attempt: int = 1) -> bool:
    """Tell the holder of the number that they were invited; return whether a message left."""
    row = (
        Invitation.objects.select_related("invited_by")
        .filter(public_id=invitation, revoked_at=None)
        .first()
    )
    if row is None or not _may_leave(row.phone, sms.INVITATION, attempt):
        return False
    with override(settings.LANGUAGE_CODE):
        by = (row.invited_by and row.invited_by.display_name) or _("The organiser")
    again = {"invitation": invitation, "attempt": attempt + 1}
    try:
        return _leave(row.phone, sms.INVITATION, {"by": by, "url": f"{settings.SITE_URL}/sign-in/"})
    except (RateLimited, sms.SmsUnavailable) as error:
        enqueue(send_invitation, delay_s=_next_try(error, attempt), **again)
        return False


def _leave(phone: str, template: str, params: dict[str, Any]) -> bool:
    """Send; ``False`` if this number never gets one."""
    try:
        sms.send(phone, template, params)
    except sms.NumberRefused:
        return False
    return True


def _next_try(error: RateLimited | sms.SmsUnavailable, attempt: int) -> int:
    """Seconds until another try; raises ``error`` when there were enough or none can help."""
    if attempt > len(RETRY_AFTER_S) or not sms.is_configured():
        raise error
    wait_s = error.retry_after if isinstance(error, RateLimited) else 0
    return max(wait_s, RETRY_AFTER_S[attempt - 1])


def _may_leave(phone: str, template: str, attempt: int) -> bool:
    """Whether such messages are sent here, and this number has not had enough of them today."""
    return sms.has_template(template) and (attempt > 1 or _within_limit(phone))


def _within_limit(phone: str) -> bool:
    try:
        take(f"sms-notice:{phone}", limit=NOTICES_PER_DAY, period_s=24 * 3600)
    except RateLimited:
        return False
    return True
