"""Chat messages over all rooms one moderates: those held, and any other."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.actor import actor_of
from accounts.models import User
from core.errors import DomainError, Invalid, NotFound
from core.ids import read_id
from core.problems import problem
from jobfair.desk.access import moderates
from jobfair.desk.acting import PAGE_SIZE, attempt, page_of, query_of, told
from jobfair.measures import MEASURES, REASONS
from jobfair.requests import decision_of, signed_in_actor, wants_json
from livestream import conduct, rules, services
from livestream.enums import MessageStatus
from livestream.models import Message, Session


def moderating(request: HttpRequest) -> User:
    """Whoever asks, if they moderate; to others there is no such page."""
    user = actor_of(request).require_user()
    if not moderates(user):
        raise NotFound
    return user


@never_cache
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """Messages by state, held ones oldest first; ``?q=`` finds words, ``?room=`` one room."""
    user = moderating(request)
    status = request.GET.get("status", MessageStatus.HELD)
    text = request.GET.get("q", "").strip()[:60]
    room = _room(user, request.GET.get("room", ""))
    rows = conduct.messages_for(user).filter(status=status)
    if text:
        rows = rows.filter(text__icontains=text)
    if room is not None:
        rows = rows.filter(session=room)
    order = "" if status == MessageStatus.HELD else "-"
    page = {
        "page_obj": page_of(request, rows.order_by(f"{order}created_at", f"{order}pk")),
        "status": status,
        "states": MessageStatus,
        "reasons": REASONS,
        "room": room,
        "text": text,
        "query": query_of(status=status, q=text, room=str(room.public_id) if room else ""),
    }
    return render(request, "desk/messages.html", page)


def _room(user: User, raw: str) -> Session | None:
    wanted = read_id(raw)
    if wanted is None:
        return None
    return Session.objects.moderated_by(user).filter(public_id=wanted).first()


@never_cache
@require_http_methods(["GET", "POST"])
def message(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """One message with all that can be done about it and its author."""
    user = actor_of(request).require_user()
    found = conduct.messages_for(user).filter(public_id=message_id).first()
    if found is None:
        raise NotFound
    if request.method == "POST":
        return _decide(request, found)
    standing = rules.standing(found.session, user)
    page = {
        "message": found,
        "conduct": conduct.conduct_of(user, found.author.public_id),
        "measures": [one for one in MEASURES if standing.fair_moderator or not one.whole_fair],
        "reasons": REASONS,
        "back": request.get_full_path(),
    }
    return render(request, "desk/message.html", page)


def _decide(request: HttpRequest, found: Message) -> HttpResponse:
    words = request.POST.get("words", "")
    on: dict[str, Any] = {"actor": signed_in_actor(request), "message": found}
    acts: dict[str, tuple[Callable[[], object], str | Promise]] = {
        "release": (partial(services.release_message, **on), _("The message is shown.")),
        "restore": (
            partial(services.restore_message, **on, reason=words),
            _("The message is shown again."),
        ),
        "remove": (
            partial(services.remove_message, **on, reason=why(request)),
            _("The message is removed."),
        ),
    }
    act, done = acts[decision_of(request, *acts)]
    back = local(request.POST.get("back", ""), _list(request))
    return answer(request, act, done=str(done), back=back)


@require_POST
def decide_many(request: HttpRequest) -> HttpResponse:
    """Release or remove the ticked messages; those decided meanwhile are left as they are."""
    user = moderating(request)
    ids = [one for raw in request.POST.getlist("message") if (one := read_id(raw))][:PAGE_SIZE]
    rows = list(conduct.messages_for(user).filter(public_id__in=ids))
    release = decision_of(request, "release", "remove") == "release"
    decided = 0

    def act() -> None:
        nonlocal decided
        if not rows:
            raise Invalid("nothing_ticked", _("Tick the messages first."))
        decided = services.decide_messages(
            actor=signed_in_actor(request), messages=rows, release=release, reason=why(request)
        )

    def done() -> str:
        if release:
            text = ngettext("%(n)d message is shown.", "%(n)d messages are shown.", decided)
        else:
            text = ngettext("%(n)d message is removed.", "%(n)d messages are removed.", decided)
        return text % {"n": decided}

    return answer(request, act, done=done, back=_list(request))


def why(request: HttpRequest) -> str:
    """The reason in one's own words, else the usual one that was chosen."""
    return request.POST.get("words", "").strip() or request.POST.get("reason", "").strip()


def answer(
    request: HttpRequest, act: Callable[[], object], *, done: str | Callable[[], str], back: str
) -> HttpResponse:
    """Do it; a script is told what came of it, a form leads ``back`` with it."""
    if not wants_json(request):
        return attempt(request, act, done=done, back=back)
    try:
        act()
    except DomainError as error:
        if error.status == NotFound.status:
            raise
        return problem(error, title=told(error))
    return JsonResponse({"done": done() if callable(done) else done})


def local(address: str, otherwise: str) -> str:
    """``address`` if it is a page of the desk, else ``otherwise``."""
    return address if address.startswith(reverse("desk")) and "\\" not in address else otherwise


def _list(request: HttpRequest) -> str:
    names = ("status", "q", "room", "page")
    filters = {name: request.POST.get(name, "") for name in names}
    return f"{reverse('desk-messages')}?{query_of(**filters)}"
