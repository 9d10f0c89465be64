"""What the platform holds about one person, in a form they can take along."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from employers.models import EmployerMember
from fairs.models import FairStaff
from intents.models import Consent, Intent
from intents.progress import steps_of
from livestream.models import Message, Question, SessionCrew
from seekers.models import GroupDeclaration
from seekers.selectors import profile_of


def own_data(user: User) -> dict[str, Any]:
    """Return account, answers, groups, consents, intents, what was said, and roles held.

    Moments are ISO 8601 in UTC; names of other people are left out.
    """
    profile = profile_of(user)
    return {
        "account": {
            "id": str(user.public_id),
            "phone": user.phone,
            "name": user.display_name,
            "email": user.email,
            "created_at": user.created_at,
            "last_sign_in": user.last_login,
        },
        "answers": {
            "trade": profile.trade,
            "years": profile.years,
            "certificates": profile.certificates,
            "about": profile.about,
        },
        "groups": list(
            GroupDeclaration.objects.filter(profile__person=user).values(
                "group", "consent_version", "at"
            )
        ),
        "consents": [
            {
                "recipient": row.recipient.name,
                "version": row.version,
                "given_at": row.given_at,
                "withdrawn_at": row.withdrawn_at,
            }
            for row in Consent.objects.filter(person=user).select_related("recipient")
        ],
        "applications": [_application(row) for row in Intent.objects.of_seeker(user).for_lists()],
        "messages": list(
            Message.objects.filter(author=user).order_by("id").values("created_at", "name", "text")
        ),
        "questions": list(
            Question.objects.filter(author=user)
            .order_by("id")
            .values("created_at", "name", "text", "status", "answer", "dismissed_reason")
        ),
        "roles": [
            *EmployerMember.objects.filter(person=user).values("employer__name", "role", "since"),
            *FairStaff.objects.filter(person=user).values("fair__name", "role", "since"),
            *SessionCrew.objects.filter(person=user).values("session__title", "role", "since"),
        ],
    }


def _application(intent: Intent) -> dict[str, Any]:
    return {
        "id": str(intent.public_id),
        "fair": intent.fair.name,
        "vacancy": intent.vacancy.title,
        "employer": intent.vacancy.employer.name,
        "session": intent.session.title if intent.session else None,
        "seen_at": intent.seen_at,
        "level": intent.level,
        "outcome": intent.outcome,
        "reason": intent.reason,
        "answers": {
            "name": intent.name,
            "trade": intent.trade,
            "years": intent.years,
            "certificates": intent.certificates,
            "call_me": intent.call_me,
        },
        "groups": intent.groups,
        "phone_shown_to_employer_at": intent.revealed_at,
        "created_at": intent.created_at,
        "steps": steps_of(intent),
    }
