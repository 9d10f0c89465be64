"""What the buttons of the studio do: each reads its form and calls one service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.actor import Actor
from core.db import first_or_404
from core.errors import Invalid
from core.ids import read_id
from core.numbers import MOST_EXACT, whole_number
from employers.models import Vacancy
from jobfair.measures import measure_of
from jobfair.requests import uuid_or_404
from jobfair.studio.question_board import addressees
from livestream import services
from livestream.enums import ItemKind
from livestream.models import Guest, Message, Question, RunSheetItem, Sanction, Session
from livestream.services.answers import CREW, Voice, for_employer
from livestream.services.moderation import MAX_ACCOUNT_MINUTES


@dataclass(frozen=True, slots=True)
class Press:
    """One press of a button: who, where, with what."""

    actor: Actor
    session: Session
    form: QueryDict

    def text(self, name: str) -> str:
        return self.form.get(name, "").strip()

    def number(self, name: str, default: int, most: int) -> int:
        """A whole number from 0 to ``most``; ``default`` where the form says anything else."""
        raw = self.form.get(name, "")
        found = whole_number(raw, most)
        return default if found is None else found

    def public_id(self, name: str) -> UUID:
        return uuid_or_404(self.form.get(name))

    def item(self, name: str = "item") -> RunSheetItem:
        found = RunSheetItem.objects.filter(session=self.session, public_id=self.public_id(name))
        return first_or_404(found.select_related("session__fair"))

    def message(self) -> Message:
        seq = self.number("seq", 0, MOST_EXACT)
        if not seq:
            raise Invalid("message_missing", _("Choose the message first."))
        found = Message.objects.filter(session=self.session, seq=seq)
        return first_or_404(found.select_related("session__fair", "author"))

    def question(self) -> Question:
        found = Question.objects.filter(session=self.session, public_id=self.public_id("question"))
        return first_or_404(found.select_related("session__fair", "employer", "vacancy", "author"))


def on_air(press: Press) -> None:
    services.mark_on_air(actor=press.actor, session=press.session)


def off_air(press: Press) -> None:
    services.mark_off_air(actor=press.actor, session=press.session)


def end(press: Press) -> None:
    services.end_session(actor=press.actor, session=press.session)


def resume(press: Press) -> None:
    services.resume_session(actor=press.actor, session=press.session)


def cut(press: Press) -> None:
    services.cut_picture(actor=press.actor, session=press.session)


def rehearse(press: Press) -> dict[str, str]:
    """Open the session's rehearsal, or the one there is, and go there."""
    made = services.create_rehearsal(actor=press.actor, session=press.session)
    return {"go": reverse("studio", args=[made.public_id])}


def delete_rehearsal(press: Press) -> dict[str, str]:
    """Delete this rehearsal and go back to the session it was of."""
    real = press.session.rehearsal_of
    services.delete_rehearsal(actor=press.actor, rehearsal=press.session)
    return {"go": reverse("studio", args=[real.public_id])} if real is not None else {}


def start(press: Press) -> None:
    services.start_item(actor=press.actor, item=press.item())


def skip(press: Press) -> None:
    services.skip_item(actor=press.actor, item=press.item())


def restore(press: Press) -> None:
    services.restore_item(actor=press.actor, item=press.item())


def up(press: Press) -> None:
    services.move_item(actor=press.actor, item=press.item(), up=True)


def down(press: Press) -> None:
    services.move_item(actor=press.actor, item=press.item(), up=False)


def place(press: Press) -> None:
    """``place`` counts from 1."""
    item, most = press.item(), press.session.run_sheet.count()
    services.place_item(actor=press.actor, item=item, place=press.number("place", most, most))


def insert(press: Press) -> None:
    kind = press.text("kind")
    services.add_item(
        actor=press.actor,
        session=press.session,
        kind=ItemKind(kind) if kind in ItemKind.values else ItemKind.STORY,
        title=press.text("title"),
        planned_minutes=press.number("minutes", 10, 240),
        after=press.item("after") if press.text("after") else None,
    )


def pin(press: Press) -> None:
    ids = [one for raw in press.form.getlist("vacancies") if (one := read_id(raw))]
    found = Vacancy.objects.in_bulk(ids, field_name="public_id")
    vacancies = [found[one] for one in ids if one in found]
    services.pin_vacancies(actor=press.actor, session=press.session, vacancies=vacancies)


def unpin(press: Press) -> None:
    services.unpin(actor=press.actor, session=press.session)


def mode(press: Press) -> None:
    """``chat``, ``hold``: 1 or 0; ``slow``: seconds; ``age``: minutes. What is missing stays."""
    chat, hold = press.text("chat"), press.text("hold")
    services.set_mode(
        actor=press.actor,
        session=press.session,
        chat_open=None if not chat else chat == "1",
        hold=None if not hold else hold == "1",
        slow_s=press.number("slow", 0, 300) if press.text("slow") else None,
        account_minutes=press.number("age", 0, MAX_ACCOUNT_MINUTES) if press.text("age") else None,
    )


def release(press: Press) -> None:
    services.release_message(actor=press.actor, message=press.message())


def remove(press: Press) -> None:
    services.remove_message(actor=press.actor, message=press.message(), reason=press.text("reason"))


def show_again(press: Press) -> None:
    services.restore_message(
        actor=press.actor, message=press.message(), reason=press.text("reason")
    )


def sanction(press: Press) -> dict[str, str]:
    """``measure`` on the author of the message ``seq``; its id lets the page take it back."""
    made = services.sanction(
        actor=press.actor,
        session=press.session,
        person=press.message().author,
        reason=press.text("reason"),
        **measure_of(press.text("measure")).terms,
    )
    return {"sanction": str(made.public_id)}


def lift(press: Press) -> None:
    found = Sanction.objects.decided_by(press.actor.require_user()).filter(
        fair=press.session.fair_id, public_id=press.public_id("sanction")
    )
    services.lift_sanction(
        actor=press.actor,
        sanction=first_or_404(found.select_related("session__fair", "fair", "person")),
        reason=press.text("reason"),
    )


def answer(press: Press) -> None:
    """``live``, or ``text``; ``voice`` is crew, employer or the id of a guest."""
    question = press.question()
    services.answer_question(
        actor=press.actor,
        question=question,
        text=press.text("text"),
        live=press.text("live") == "1",
        voice=_voice(press, question),
    )


def _voice(press: Press, question: Question) -> Voice | None:
    voice = press.text("voice")
    if voice == "crew":
        return CREW
    if voice == "employer":
        return for_employer(question)
    if voice:
        guests = Guest.objects.filter(appearances__session=press.session)
        return Voice(guest=first_or_404(guests.filter(public_id=press.public_id("voice"))))
    return None


def reopen(press: Press) -> None:
    services.reopen_question(actor=press.actor, question=press.question())


def route(press: Press) -> None:
    """``employer`` is what the list says of one at the fair; empty: the host."""
    label = press.text("employer")
    employer = addressees(press.session).get(label) if label else None
    if label and employer is None:
        words = _("Choose an employer of the fair from the list.")
        raise Invalid("question_route", words, fields={"employer": words})
    services.route_question(actor=press.actor, question=press.question(), employer=employer)


def screen(press: Press) -> None:
    services.pin_question(actor=press.actor, question=press.question())


def unscreen(press: Press) -> None:
    services.unpin_question(actor=press.actor, session=press.session)


def release_question(press: Press) -> None:
    services.release_question(actor=press.actor, question=press.question())


def dismiss(press: Press) -> None:
    services.dismiss_question(
        actor=press.actor, question=press.question(), reason=press.text("reason")
    )


ACTIONS: dict[str, Callable[[Press], dict[str, str] | None]] = {
    "on-air": on_air,
    "off-air": off_air,
    "cut": cut,
    "rehearse": rehearse,
    "delete-rehearsal": delete_rehearsal,
    "end": end,
    "resume": resume,
    "start": start,
    "skip": skip,
    "restore": restore,
    "up": up,
    "down": down,
    "place": place,
    "insert": insert,
    "pin": pin,
    "unpin": unpin,
    "mode": mode,
    "release": release,
    "remove": remove,
    "show-again": show_again,
    "sanction": sanction,
    "lift": lift,
    "answer": answer,
    "reopen": reopen,
    "dismiss": dismiss,
    "route": route,
    "screen": screen,
    "unscreen": unscreen,
    "release-question": release_question,
}
