"""What the accounts app announces to the apps above it."""

from __future__ import annotations

from django.dispatch import Signal

#: Sent inside the transaction that claims an invitation; arguments: ``invitation``, ``user``.
#: The receiver of the invitation's scope creates the role row.
invitation_claimed = Signal()

#: Sent after a sign-out, a sign-out everywhere or a block was stored; argument: ``user``.
#: Open sockets of that person must close; browsers still signed in connect again by themselves.
sessions_revoked = Signal()

#: Sent after a role at a fair or an employer was given or ended; argument: ``user``. What their
#: open sockets were told about them is out of date.
roles_changed = Signal()
