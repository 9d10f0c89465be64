"""Text messages to seekers about their intents."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.utils.translation import override

from accounts.tasks import notify
from core import sms
from core.templatetags.fmt import day
from intents.enums import EventKind
from intents.models import Intent
from jobs.queue import enqueue, task

#: An acceptance may be taken back at once; the message waits until that is unlikely.
UNDO_S: Final = 30
DELAYS: Final[dict[str, int]] = {EventKind.MATCHED: UNDO_S}
TEMPLATES: Final[dict[str, str]] = {
    EventKind.MATCHED: sms.MATCHED,
    EventKind.DECLINED: sms.DECLINED,
    EventKind.INTERVIEW_BOOKED: sms.INTERVIEW,
}


def plan_notice(intent: Intent, kind: EventKind) -> None:
    """Queue the message about a step, inside the caller's transaction; most steps have none."""
    if kind in TEMPLATES:
        enqueue(
            tell_seeker, delay_s=DELAYS.get(kind, 0), intent=str(intent.public_id), kind=str(kind)
        )


@task
def tell_seeker(intent: str, kind: str) -> bool:
    """Tell the seeker of the step, if it still is the intent's last; return whether it is."""
    row = Intent.objects.select_related("vacancy__employer", "seeker").get(public_id=intent)
    last = row.events.order_by("-seq").first()
    if last is None or last.kind != kind:
        return False
    params: dict[str, str | int] = {
        "employer": row.vacancy.employer.name,
        "vacancy": row.vacancy.title,
        "url": f"{settings.SITE_URL}/me/",
    }
    if kind == EventKind.INTERVIEW_BOOKED:
        with override(settings.LANGUAGE_CODE):
            params["when"] = day(last.effective_on)
    notify(user=row.seeker, template=TEMPLATES[kind], **params)
    return True
