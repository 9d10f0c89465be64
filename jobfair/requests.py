"""What every page's view asks of a request, and how it tells a script or a reader of a refusal."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, JsonResponse

from accounts.actor import Actor, actor_of
from core.errors import DomainError, NotFound
from core.ids import read_id
from core.problems import problem


def signed_in_actor(request: HttpRequest) -> Actor:
    """Who asks, if they are signed in; :class:`~core.errors.NotSignedIn` otherwise."""
    actor = actor_of(request)
    actor.require_user()
    return actor


def client_id(request: HttpRequest, name: str = "client_id") -> UUID:
    """The form's id, so that a second press is the same message; a new one where it has none."""
    return read_id(request.POST.get(name, "")) or uuid4()


def uuid_or_404(text: str | None) -> UUID:
    """The public id in ``text``; anything else names nothing."""
    found = read_id(text or "")
    if found is None:
        raise NotFound
    return found


def decision_of(request: HttpRequest, *known: str) -> str:
    """Which of the form's buttons was pressed; a form that says anything else decides nothing."""
    decision = request.POST.get("decision", "")
    if decision not in known:
        raise NotFound
    return decision


def wants_json(request: HttpRequest) -> bool:
    """Whether a script asks and needs no page."""
    return request.headers.get("Accept", "").startswith("application/json")


def tell(request: HttpRequest, error: DomainError) -> JsonResponse | None:
    """Tell what went wrong: to a script as a problem, on a page as a message after the redirect."""
    if wants_json(request):
        return problem(error)
    messages.error(request, str(error.message))
    return None
