"""What the accounts app announces to the apps above it."""

from __future__ import annotations

from django.dispatch import Signal

#: Sent inside the transaction that claims an invitation; arguments: ``invitation``, ``user``.
#: The receiver of the invitation's scope creates the role row.
invitation_claimed = Signal()
