"""Who may enter the studio's pages; to everybody else there are no such pages."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest

from accounts.actor import actor_of
from core.errors import NotFound
from livestream import selectors
from livestream.models import Session
from livestream.rules import Standing


def crew_session(request: HttpRequest, public_id: UUID) -> tuple[Session, Standing]:
    """The session, for its crew and its moderators, and what whoever asks is there."""
    user = actor_of(request).require_user()
    found, standing = selectors.session_for(user, public_id)
    if not (standing.console or standing.moderator):
        raise NotFound
    return found, standing


def console_session(request: HttpRequest, public_id: UUID) -> Session:
    """The session, for those who work its console."""
    found, standing = crew_session(request, public_id)
    if not standing.console:
        raise NotFound
    return found
