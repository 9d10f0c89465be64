"""What the employers app announces to the apps above it."""

from __future__ import annotations

from django.dispatch import Signal

#: Sent inside the transaction that merges an imported employer into the one that claimed it;
#: arguments: ``merged``, ``into``. Receivers move what a plain UPDATE cannot (see ``merging``).
employer_merged = Signal()
