"""Chat messages over all rooms: those held, and removing one from outside its room."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from core.errors import NotFound
from fairs.models import Fair
from jobfair.desk.access import MODERATORS, actor_of, staff
from jobfair.desk.acting import attempt, page_of, query_of
from livestream.enums import MessageStatus
from livestream.models import Message
from livestream.services import chat, moderation


@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """Messages by state, held ones first to be looked at; ``?q=`` finds words."""
    user = staff(request, *MODERATORS)
    status = request.GET.get("status", MessageStatus.HELD)
    text = request.GET.get("q", "").strip()[:60]
    rows = Message.objects.filter(
        session__fair__in=Fair.objects.staffed_by(user, *MODERATORS), status=status
    ).select_related("session", "author", "removed_by")
    if text:
        rows = rows.filter(text__icontains=text)
    page = {
        "page_obj": page_of(request, rows.order_by("-created_at", "-pk")),
        "status": status,
        "states": MessageStatus,
        "text": text,
        "query": query_of(status=status, q=text),
    }
    return render(request, "desk/messages.html", page)


@require_POST
def decide(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Show a held message, or remove one."""
    user = staff(request, *MODERATORS)
    message = (
        Message.objects.filter(
            public_id=message_id, session__fair__in=Fair.objects.staffed_by(user, *MODERATORS)
        )
        .select_related("session", "author")
        .first()
    )
    if message is None:
        raise NotFound
    actor, reason = actor_of(request), request.POST.get("reason", "")
    releases = request.POST.get("decision") == "release"
    return attempt(
        request,
        lambda: (
            chat.release_message(actor=actor, message=message)
            if releases
            else moderation.remove_message(actor=actor, message=message, reason=reason)
        ),
        done=_("The message is shown.") if releases else _("The message is removed."),
        back=f"{reverse('desk-messages')}?{query_of(status=request.POST.get('status', ''))}",
    )
