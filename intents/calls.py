"""Numbers that staff have to call. Every look is audited; lists never show them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Actor
from core.errors import Conflict
from core.transactions import write
from fairs.enums import StaffRole
from fairs.rules import require_role
from intents.enums import Level
from intents.models import Intent


def read_phone(*, actor: Actor, intent: Intent) -> str:
    """Return the seeker's number (E.164) to a manager of the fair who has to call them.

    Only while the intent waits for its employer's answer; audited each time. The caller has asked
    for the second factor. Raises :class:`Conflict` for an intent that has been answered.
    """
    user = actor.require_user()
    require_role(user, intent.fair, StaffRole.MANAGER)
    with write():
        if not Intent.objects.live().filter(pk=intent.pk, level=Level.EXPRESSED).exists():
            raise Conflict("intent_answered", _("This application has been answered meanwhile."))
        audit.record(actor=user, action="intent.phone_read", obj=intent)
    return intent.seeker.phone
