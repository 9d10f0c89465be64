"""Reading a seeker's profile."""

from __future__ import annotations

from accounts.models import User
from seekers.models import GroupDeclaration, SeekerProfile


def profile_of(person: User) -> SeekerProfile:
    """The person's profile; an empty, unsaved one before the first answer."""
    return SeekerProfile.objects.filter(person=person).first() or SeekerProfile(person=person)


def declared_groups(profile: SeekerProfile) -> list[str]:
    """The groups declared with consent, sorted; none for an unsaved profile."""
    if not profile.id:
        return []
    declared = GroupDeclaration.objects.filter(profile=profile)
    return sorted(declared.values_list("group", flat=True))
