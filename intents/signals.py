"""What intents announce: one signal after every committed step."""

from __future__ import annotations

from django.dispatch import Signal

#: Sent after commit, never inside the transaction. Arguments: ``intent`` (as committed) and
#: ``kind`` (an ``intents.enums.EventKind``). Receivers must not fail the step: they are called
#: with ``send_robust``.
intent_changed = Signal()
