"""What every worker does for sessions every few seconds, beside the queue."""

from __future__ import annotations

from jobs import periodic
from livestream.services import recordings, takes

#: Seconds between two looks for what a killed server left running.
_ORPHANS_S = 60.0


@periodic.every(_ORPHANS_S)
def reap_orphans() -> None:
    """Kill converters of broadcasts whose server is gone."""
    from livestream.media.packaging import reap_orphans  # few processes need it

    reap_orphans()


periodic.every(takes.REAP_S)(takes.reap_takes)
periodic.every(recordings.TIDY_S)(recordings.order_tidy)
