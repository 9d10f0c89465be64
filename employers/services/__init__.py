"""Everything that changes employers and vacancies.

Callers have authorised the actor; ``on_behalf_of`` is given when staff act for an employer and
enters the audit trail. Every function owns its transaction and returns what it changed.
"""

from employers.services.claims import claim_unclaimed, decide_claim
from employers.services.documents import attach_document
from employers.services.members import (
    invite_member,
    join_by_invitation,
    remove_member,
    revoke_invitation,
)
from employers.services.onboarding import (
    confirm_recheck,
    register_employer,
    reinstate_employer,
    review_employer,
    submit_employer,
    suspend_employer,
    update_profile,
)
from employers.services.vacancies import (
    close_many,
    close_vacancy,
    create_vacancy,
    open_many,
    reopen_vacancy,
    review_vacancy,
    submit_many,
    submit_vacancy,
    update_vacancy,
)

__all__ = [
    "attach_document",
    "claim_unclaimed",
    "close_many",
    "close_vacancy",
    "confirm_recheck",
    "create_vacancy",
    "decide_claim",
    "invite_member",
    "join_by_invitation",
    "open_many",
    "register_employer",
    "reinstate_employer",
    "remove_member",
    "reopen_vacancy",
    "review_employer",
    "review_vacancy",
    "revoke_invitation",
    "submit_employer",
    "submit_many",
    "submit_vacancy",
    "suspend_employer",
    "update_profile",
    "update_vacancy",
]
