"""What every worker does for sessions every few seconds, beside the queue."""

from __future__ import annotations

from jobs import periodic
from livestream.services import takes

periodic.every(takes.REAP_S)(takes.reap_takes)
